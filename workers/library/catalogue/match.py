"""`tracks.match`: finds a track, album or artist by name and by an id that may be stale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from contract.library import MatchRequest
from workers.library.catalogue.catalogue import MAX_VALUES, Catalogue, CatalogueTrack
from workers.library.catalogue.find import PRESENT, find
from workers.library.catalogue.words import fold
from workers.library.navidrome.paths import Paths

#: Maximum number of tracks with the right words to compare.
MAX_FOUND: Final = 200
#: Maximum difference between two durations of the same track, in seconds.
SAME_DURATION_SECONDS: Final = 3.0
#: Maps the id and name of an artist to ids of tracks that only credit them.
Credited = Callable[[str, str], list[str]]


def match(catalogue: Catalogue, paths: Paths, credited: Credited, request: MatchRequest) -> list[CatalogueTrack]:
    """Return the track (at most one), or tracks spread evenly over the album or artist.

    Raises what `credited` raises.
    """
    key, name, artist = request.id or "", request.name or "", request.artist or ""
    if request.kind == "track":
        return _track(catalogue, paths, key, name, artist, request.duration or 0.0)
    if request.kind == "album":
        tracks = _members(catalogue, "album_id", key) or _named(catalogue, "album", name, artist)
    else:
        tracks = _of_artist(catalogue, credited, key, name)
    return _spread(tracks, request.limit)


def _track(
    catalogue: Catalogue, paths: Paths, key: str, title: str, artist: str, duration: float
) -> list[CatalogueTrack]:
    """Return the track with this id, else the one with this title and artist and the closest duration."""
    entries = catalogue.entries([key]) if key else []
    if entries and not _vanished(catalogue, entries[0]):
        return entries
    return _alike(catalogue, paths, title, artist, duration)[:1] or entries


def same_track(catalogue: Catalogue, paths: Paths, title: str, artist: str) -> CatalogueTrack | None:
    """Return the track with this title and artist, or None."""
    return next(iter(_alike(catalogue, paths, title, artist, 0.0)), None)


def _alike(catalogue: Catalogue, paths: Paths, title: str, artist: str, duration: float) -> list[CatalogueTrack]:
    words = fold(f"{title} {artist}")
    alike = [
        entry
        for entry in find(catalogue, paths, words, MAX_FOUND)
        if fold(entry.title) == fold(title)
        and (not artist or fold(entry.artist) == fold(artist))
        and (not duration or abs(entry.duration - duration) <= SAME_DURATION_SECONDS)
    ]
    return sorted(alike, key=lambda entry: (abs(entry.duration - duration), entry.id))


def _of_artist(catalogue: Catalogue, credited: Credited, key: str, name: str) -> list[CatalogueTrack]:
    """Return the artist's own tracks, else those that credit them; try the id before the name."""
    return (
        _members(catalogue, "artist_id", key)
        or (_present(catalogue, credited(key, "")) if key else [])
        or _named(catalogue, "artist", name, "")
        or (_present(catalogue, credited("", name)) if name else [])
    )


def _present(catalogue: Catalogue, track_ids: list[str]) -> list[CatalogueTrack]:
    tracks: list[CatalogueTrack] = []
    for start in range(0, len(track_ids), MAX_VALUES):
        part = track_ids[start : start + MAX_VALUES]
        tracks += catalogue.select(f"WHERE id IN ({','.join('?' * len(part))}) AND {PRESENT}", part)
    return sorted(tracks, key=lambda entry: (entry.path, entry.id))


def _vanished(catalogue: Catalogue, entry: CatalogueTrack) -> bool:
    return not catalogue.select(f"WHERE id = ? AND {PRESENT}", (entry.id,))


def _members(catalogue: Catalogue, column: str, key: str) -> list[CatalogueTrack]:
    return catalogue.select(f"WHERE {column} = ? AND {PRESENT} ORDER BY path, id", (key,)) if key else []


def _named(catalogue: Catalogue, kind: str, name: str, artist: str) -> list[CatalogueTrack]:
    """Return the tracks of the album or artist with this name; of several albums, prefer the one by `artist`."""
    if not name:
        return []
    tracks = catalogue.select(f"WHERE {kind} = ? COLLATE NOCASE AND {PRESENT} ORDER BY path, id", (name,))
    if kind == "artist" or not tracks:
        return tracks
    chosen = next((entry for entry in tracks if artist and fold(entry.artist) == fold(artist)), tracks[0])
    return [entry for entry in tracks if entry.album_id == chosen.album_id]


def _spread(tracks: list[CatalogueTrack], most: int) -> list[CatalogueTrack]:
    if len(tracks) <= most:
        return tracks
    return [tracks[place * len(tracks) // most] for place in range(most)]
