"""Backups: everything that is slow or impossible to recreate, in one file. Written here, read by the command."""
