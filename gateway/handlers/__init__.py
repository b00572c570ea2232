"""HTTP handlers, one file per area."""
