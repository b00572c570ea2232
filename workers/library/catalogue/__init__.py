"""The catalogue: every Navidrome track seen so far, kept in sync with Navidrome's database."""
