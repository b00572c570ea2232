"""The plugin for Navidrome: Go sources, and how they become one file."""
