"""The unix socket for uploads."""
