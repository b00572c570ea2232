"""The `sonicmesh` command."""
