"""The library worker: reads Navidrome's database, and keeps the catalogue and jobs in `state.db`."""
