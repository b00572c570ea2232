"""The catalogue: every track of Navidrome that was seen, kept in step with its database."""
