"""`GET /metrics`: what Prometheus sees."""
