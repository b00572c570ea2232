"""The data folder (`SONICMESH_DATA`) as a whole: its version, and how an older one is brought up to date."""
