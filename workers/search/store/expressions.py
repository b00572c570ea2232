"""Filter expressions of a Milvus server. Literals are escaped here: ids may hold quotes, backslashes, anything."""

from __future__ import annotations

from collections.abc import Iterable

from workers.search.store.vector_store import Where

ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def literal(text: str) -> str:
    """A quoted string."""
    return f'"{text.translate(ESCAPES)}"'


def one_of(field: str, texts: Iterable[str]) -> str:
    """`field` is one of `texts`."""
    return f"{field} in [{', '.join(map(literal, sorted(texts)))}]"


def filter_of(where: Where) -> str:
    """The filter as an expression; empty where everything is allowed."""
    parts = []
    if where.libraries:
        parts.append(f"library_id in [{', '.join(map(str, sorted(where.libraries)))}]")
    if where.without_tracks:
        parts.append(f"not ({one_of('track_id', where.without_tracks)})")
    if where.without_artists:
        parts.append(f"not ({one_of('artist_id', where.without_artists)})")
    return " and ".join(parts)
