"""What a caller of the mesh notices of faults: see `python -m bench.faults --help`."""
