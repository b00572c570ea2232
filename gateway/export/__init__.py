"""`GET /export`: everything that was heard, with vectors, for administrators."""
