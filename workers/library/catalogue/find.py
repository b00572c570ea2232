"""`tracks.find`: what a person means by an id, a path, or some words."""

from __future__ import annotations

from typing import Final

from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.catalogue.words import fold
from workers.library.navidrome.paths import Paths, portable

#: Maximum number of tracks to rank.
CANDIDATES: Final = 2000
#: How many words of a query count, and how many characters of each: SQLite rejects longer conditions.
MAX_WORDS: Final = 32
MAX_WORD: Final = 200
#: Present tracks come before vanished ones.
PRESENT: Final = "vanished_at IS NULL"


def find(catalogue: Catalogue, paths: Paths, query: str, limit: int) -> list[CatalogueTrack]:
    """Return matching tracks, best first.

    `query` is an id, an absolute path (here or in Navidrome's view), a relative path, or words of title and artist.
    """
    query = query.strip()
    if not query:
        return []
    return (catalogue.entries([query]) or _by_path(catalogue, paths, query) or _by_words(catalogue, words_of(query)))[
        :limit
    ]


def words_of(query: str) -> list[str]:
    """Return the words of a query, each once, in the form in which the catalogue keeps them."""
    return list(dict.fromkeys(word[:MAX_WORD] for word in fold(query).split()))[:MAX_WORDS]


def _by_path(catalogue: Catalogue, paths: Paths, query: str) -> list[CatalogueTrack]:
    for library_id, path in paths.relative(query):
        place = (library_id, portable(path))
        if entries := catalogue.select(f"WHERE library_id = ? AND path = ? ORDER BY {PRESENT} DESC", place):
            return entries
    return catalogue.select(f"WHERE path = ? ORDER BY {PRESENT} DESC", (query,))


def _by_words(catalogue: Catalogue, words: list[str]) -> list[CatalogueTrack]:
    return ranked(catalogue, words, PRESENT)


def ranked(catalogue: Catalogue, words: list[str], condition: str) -> list[CatalogueTrack]:
    """Return tracks that fulfil `condition` and contain all the words, also as parts of longer words, best first."""
    if not words:
        return []
    where = " AND ".join([condition, *["words LIKE ?"] * len(words)])
    entries = catalogue.select(f"WHERE {where} LIMIT {CANDIDATES}", [f"%{word}%" for word in words])
    return sorted(entries, key=lambda entry: (-rank(entry, words), entry.artist, entry.title, entry.id))


def rank(entry: CatalogueTrack, words: list[str]) -> float:
    """Rank whole words above parts, the title above the artist, and a title without other words highest."""
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
