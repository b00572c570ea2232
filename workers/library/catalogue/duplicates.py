"""`tracks.duplicates`: recordings with several files, found by their audio, not by their tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from contract.upkeep import Duplicate, Duplicates, DuplicatesRequest
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.catalogue.tracks import track_at
from workers.library.state.database import StateDatabase

_GROUPS: Final = (
    "SELECT audio_id, count(*) AS tracks FROM track WHERE audio_id <> '' AND audio_stamp = stamp "
    "AND vanished_at IS NULL GROUP BY audio_id HAVING count(*) > 1"
)


def duplicates(
    state: StateDatabase, catalogue: Catalogue, request: DuplicatesRequest, locate: Callable[[CatalogueTrack], str]
) -> Duplicates:
    """Return one page of groups. `locate` gives the path to show."""
    row = state.row(f"SELECT count(*) FROM ({_GROUPS})")
    rows = state.rows(f"{_GROUPS} ORDER BY tracks DESC, audio_id LIMIT ? OFFSET ?", (request.limit, request.offset))
    where = "WHERE audio_id = ? AND audio_stamp = stamp AND vanished_at IS NULL ORDER BY library_id, path"
    groups = []
    for audio_id, _ in rows:
        entries = catalogue.select(where, (audio_id,))
        groups.append(Duplicate(audio_id=audio_id, tracks=[track_at(entry, locate(entry)) for entry in entries]))
    return Duplicates(total=int(row[0]) if row else 0, groups=groups)
