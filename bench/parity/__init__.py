"""Does our inference compute what the published packages compute? `python -m bench.parity --golden FOLDER`."""
