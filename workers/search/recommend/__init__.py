"""Recommendations: from a request to a list. `ranking` holds its pure functions."""
