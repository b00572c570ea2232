"""Navidrome's database, read-only: tracks, libraries, playlists, times, paths and ids."""
