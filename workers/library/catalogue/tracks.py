"""Turns a track of the catalogue into the types of the contract."""

from __future__ import annotations

from contract.message import common
from contract.track import Track, VisibleTrack
from workers.library.catalogue.catalogue import CatalogueTrack


def visible_track(entry: CatalogueTrack) -> VisibleTrack:
    """Return the fields that a person who may see the track gets."""
    return VisibleTrack(
        id=entry.id,
        title=entry.title,
        artist=entry.artist,
        artist_id=entry.artist_id,
        album=entry.album,
        album_id=entry.album_id,
        duration=entry.duration,
        library_id=entry.library_id,
    )


def track_at(entry: CatalogueTrack, path: str) -> Track:
    """Return the track with the file path to show."""
    return common(visible_track(entry), Track, path=path)
