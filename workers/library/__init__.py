"""The library worker: reads Navidrome's database, keeps the catalogue and the jobs in `state.db`."""
