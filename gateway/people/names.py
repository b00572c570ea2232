"""Names that are nobody's."""

from __future__ import annotations

from typing import Final

#: What Navidrome writes where a tag is missing, what MusicBrainz's taggers do, and what stands for many.
NOBODY: Final = frozenset({"", "[unknown artist]", "unknown artist", "[unknown]", "[no artist]", "various artists"})


def is_nobody(name: str) -> bool:
    """Whether an artist's name stands for a missing tag or for many: nobody is like them, and nobody names them."""
    return name.strip().casefold() in NOBODY
