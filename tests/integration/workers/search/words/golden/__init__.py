"""Results of the published implementation."""
