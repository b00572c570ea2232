"""Jobs: the kinds, the scheduler that runs them, and the path from a file to a vector in the store."""
