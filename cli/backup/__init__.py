"""Backup, restore and migration: one file with everything that is slow or impossible to recreate."""
