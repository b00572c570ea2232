"""Whether the mesh can do its work: `/healthz`, `/readyz`."""
