"""The first run, on the page at `/`: open until Navidrome's database is known, to the operator only."""
