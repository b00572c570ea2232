"""Pages about the mesh itself: `/`, `/docs`, `/openapi.json`."""
