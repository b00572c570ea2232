"""Uploaded files: duplicates, CUE sheets, and vectors that wait for their track."""
