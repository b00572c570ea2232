"""Navidrome's database, read-only: its tracks, libraries and playlists, its times, its paths, its ids."""
