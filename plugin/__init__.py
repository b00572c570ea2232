"""The plugin for Navidrome: its Go sources, and the build that packs them into one file."""
