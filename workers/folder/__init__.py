"""The data folder (`SONICMESH_DATA`) as a whole: its version, and upgrades of older ones."""
