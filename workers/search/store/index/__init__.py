"""The index in memory beside the embedded store."""
