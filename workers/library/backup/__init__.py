"""Backups: everything that cannot be made again quickly, in one file. Written here, read by the command."""
