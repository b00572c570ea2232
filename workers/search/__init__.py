"""The search worker: the store of vectors and the ranking of recommendations."""
