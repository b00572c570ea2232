"""The first run: finds Navidrome's database and music, tries them, measures models, writes the settings."""
