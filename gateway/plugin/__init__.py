"""What Navidrome's plugin asks, as calls into the mesh."""
