"""Placeholder artist names."""

from __future__ import annotations

from typing import Final

#: What Navidrome and MusicBrainz's taggers write for missing tags, and names for several artists.
PLACEHOLDERS: Final = frozenset(
    {"", "[unknown artist]", "unknown artist", "[unknown]", "[no artist]", "various artists"}
)


def is_placeholder(name: str) -> bool:
    """Return whether a name stands for a missing tag or several artists; such names are neither ranked nor shown."""
    return name.strip().casefold() in PLACEHOLDERS
