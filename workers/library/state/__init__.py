"""`state.db`: what the library worker remembers. It is the only writer."""
