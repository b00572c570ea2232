"""Texts that people write: what they find, and what they must not find."""
