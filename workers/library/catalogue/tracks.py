"""A track of the catalogue as other rooms see it."""

from __future__ import annotations

from contract.message import common
from contract.track import Track, VisibleTrack
from workers.library.catalogue.catalogue import Entry


def visible_track(entry: Entry) -> VisibleTrack:
    """What a person who may see it is told."""
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


def track_at(entry: Entry, path: str) -> Track:
    """With the path of its file, as it is shown."""
    return common(visible_track(entry), Track, path=path)
