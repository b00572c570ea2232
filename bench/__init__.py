"""Measurements: `python -m bench.NAME`, each compared with a named peer or limit."""
