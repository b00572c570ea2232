"""Health checks: `/healthz`, `/readyz`."""
