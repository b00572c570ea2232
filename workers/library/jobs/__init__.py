"""Jobs: kinds of them, the scheduler that runs them, and the way from a file to a vector in the store."""
