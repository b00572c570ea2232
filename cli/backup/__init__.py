"""Backup, restore and migration: one file with everything that cannot be made again quickly."""
