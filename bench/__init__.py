"""Measurements: `python -m bench.NAME`, each beside a named peer or limit."""
