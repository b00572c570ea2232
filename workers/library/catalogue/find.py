"""`tracks.find`: what a person means by an id, a path, or some words."""

from __future__ import annotations

from typing import Final

from workers.library.catalogue.catalogue import Catalogue, Entry
from workers.library.catalogue.words import fold
from workers.library.navidrome.paths import Paths, portable

#: Most tracks that are ranked.
CANDIDATES: Final = 2000
#: Words of a question that count, and characters of each: SQLite refuses longer conditions.
MAX_WORDS: Final = 32
MAX_WORD: Final = 200
#: Tracks that are there come before those that vanished.
PRESENT: Final = "vanished_at IS NULL"


def find(catalogue: Catalogue, paths: Paths, query: str, limit: int) -> list[Entry]:
    """Best first: an id, an absolute path (here or in Navidrome's view), a relative path, words of title and artist."""
    query = query.strip()
    if not query:
        return []
    return (catalogue.entries([query]) or _by_path(catalogue, paths, query) or _by_words(catalogue, _words(query)))[
        :limit
    ]


def _words(query: str) -> list[str]:
    return list(dict.fromkeys(word[:MAX_WORD] for word in fold(query).split()))[:MAX_WORDS]


def _by_path(catalogue: Catalogue, paths: Paths, query: str) -> list[Entry]:
    for library_id, path in paths.relative(query):
        place = (library_id, portable(path))
        if found := catalogue.select(f"WHERE library_id = ? AND path = ? ORDER BY {PRESENT} DESC", place):
            return found
    return catalogue.select(f"WHERE path = ? ORDER BY {PRESENT} DESC", (query,))


def _by_words(catalogue: Catalogue, words: list[str]) -> list[Entry]:
    """Tracks that have all the words (as beginnings or parts of theirs)."""
    if not words:
        return []
    where = " AND ".join([PRESENT, *["words LIKE ?"] * len(words)])
    found = catalogue.select(f"WHERE {where} LIMIT {CANDIDATES}", [f"%{word}%" for word in words])
    return sorted(found, key=lambda entry: (-_rank(entry, words), entry.artist, entry.title, entry.id))


def _rank(entry: Entry, words: list[str]) -> float:
    """Whole words count more than parts, the title more than the artist, a title without other words most."""
    title, artist = fold(entry.title).split(), fold(entry.artist).split()
    score = 0.0
    for word in words:
        if word in title:
            score += 3
        elif word in artist:
            score += 2
        elif any(part.startswith(word) for part in (*title, *artist)):
            score += 1
    rest = [word for word in title if word not in words]
    return score - 0.1 * len(rest) + (2 if title and not rest else 0)
