"""`GET /tracks`: the tracks of the library."""
