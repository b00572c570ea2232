"""`/batch/*`: jobs of the library worker."""
