"""The mesh as a service of systemd: its unit, its folders, its user."""
