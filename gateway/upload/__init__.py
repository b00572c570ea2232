"""The unix socket of uploads."""
