"""Filter expressions for a Milvus server. Literals are escaped here: ids may contain quotes, backslashes, anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from workers.search.store.vector_store import Where

ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def literal(text: str) -> str:
    """Quote a string."""
    return f'"{text.translate(ESCAPES)}"'


def one_of(field: str, texts: Iterable[str]) -> str:
    """Match if `field` is one of `texts`."""
    return f"{field} in [{', '.join(map(literal, sorted(texts)))}]"


def filter_of(where: Where) -> str:
    """Returns the filter as an expression; empty if everything is allowed."""
    parts = []
    if where.libraries:
        parts.append(f"library_id in [{', '.join(map(str, sorted(where.libraries)))}]")
    if where.without_tracks:
        parts.append(f"not ({one_of('track_id', where.without_tracks)})")
    if where.without_artists:
        parts.append(f"not ({one_of('artist_id', where.without_artists)})")
    return " and ".join(parts)
