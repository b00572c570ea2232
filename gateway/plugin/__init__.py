"""Answers Navidrome's plugin with calls into the mesh."""
