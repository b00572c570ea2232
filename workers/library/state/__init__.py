"""`state.db`: what the library worker stores. No other process writes it."""
