"""`GET /metrics`: metrics for Prometheus."""
