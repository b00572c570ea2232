"""Everything that clients ask of the plugin, through Navidrome's own interface."""

from __future__ import annotations

from typing import Any

from tests.endtoend.navidrome.server import Person

#: Tracks that are asked for.
COUNT = 6


def songs_like(person: Person, item_id: str, count: int = COUNT) -> list[str]:
    """Instant Mix of a track, album, playlist or genre."""
    return _ids(person.rest("getSimilarSongs", id=item_id, count=count)["similarSongs"].get("song", []))


def radio(person: Person, artist_id: str, count: int = COUNT) -> list[str]:
    """Instant Mix of an artist."""
    return _ids(person.rest("getSimilarSongs2", id=artist_id, count=count)["similarSongs2"].get("song", []))


def artists_like(person: Person, artist_id: str) -> list[str]:
    """Similar artists."""
    found = person.rest("getArtistInfo2", id=artist_id, count=COUNT)["artistInfo2"]
    return _ids(found.get("similarArtist", []))


def sonic(person: Person, song_id: str, count: int = COUNT) -> list[tuple[str, float]]:
    """Sonically similar tracks, with how similar they are."""
    return _matches(person.rest("getSonicSimilarTracks", id=song_id, count=count))


def path(person: Person, start: str, end: str, count: int = COUNT) -> list[tuple[str, float]]:
    """A way from one track to another."""
    return _matches(person.rest("findSonicPath", startSongId=start, endSongId=end, count=count))


def _ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in found]


def _matches(answer: dict[str, Any]) -> list[tuple[str, float]]:
    return [(each["entry"]["id"], each["similarity"]) for each in answer.get("sonicMatch", [])]
