"""Checks that our inference computes what the published packages compute: `python -m bench.parity --golden FOLDER`."""
