"""Tells Navidrome's scanner whether a file that it has just seen is embedded, or will be automatically."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from contract.errors import InvalidRequest
from contract.library import Library
from contract.uploads import ScannedRequest, ScannedTrack, TrackState
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.catalogue.find import PRESENT
from workers.library.catalogue.match import same_track
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.jobs.due import DueRule
from workers.library.jobs.ledger import DONE, Ledger, LedgerRow
from workers.library.jobs.models import Models
from workers.library.jobs.records import EmbedOptions, Jobs
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateDatabase
from workers.runtime.service import Call, Handler
from workers.runtime.serving import served

#: State of a track that no job has processed.
ABSENT: Final[TrackState] = "absent"
#: `library id:path below the library`.
_PLACE: Final = re.compile(r"(\d{1,9}):([^/].*)", re.DOTALL)


class Scanned:
    """Answers from the catalogue and the ledger alone, so that a scan of 100,000 files never waits for a model."""

    def __init__(
        self, settings: LibrarySettings, state: StateDatabase, catalogue: Catalogue, watcher: NavidromeWatcher
    ) -> None:
        self._settings = settings
        self._state = state
        self._catalogue = catalogue
        self._watcher = watcher
        self._memory = Models(state)
        self._jobs = Jobs(state)

    def operations(self) -> Mapping[str, Handler]:
        """Return the operations by name."""
        return served(Library.scanned, self._answer)

    def _answer(self, request: ScannedRequest, _call: Call) -> ScannedTrack:
        """Answer one request. Raises `InvalidRequest`."""
        track_id, artist, title = request.track_id or "", request.artist or "", request.title or ""
        if not track_id and not title:
            raise InvalidRequest("track_id: expected the id or path of a track", {"field": "track_id"})
        entry = self.find(track_id) if track_id else same_track(self._catalogue, self._watcher.paths, title, artist)
        rows = {model: self._row(model, entry) for model in self._settings.models}
        done = any(row is not None and row.state == DONE for row in rows.values())
        return ScannedTrack(
            embedded=done or (self._below_library(track_id) and self._will_embed(entry, rows)),
            name=_name(entry, artist, title, request.alternate_names or (), track_id),
            models={model: ABSENT if row is None else row.state for model, row in rows.items()},
        )

    def find(self, track_id: str) -> CatalogueTrack | None:
        """Return the track with this id, or at `library id:path below the library`, or None."""
        if entries := self._catalogue.entries([track_id]):
            return entries[0]
        if (place := _place(track_id)) is None:
            return None
        library_id, path = place
        roots = [library.path for library in self._catalogue.libraries() if library.id == library_id]
        paths = [path, *(f"{root.rstrip('/')}/{path}" for root in roots)]  # old releases keep absolute paths
        marks = ",".join("?" * len(paths))
        candidates = self._catalogue.select(
            f"WHERE library_id = ? AND path IN ({marks}) AND {PRESENT} ORDER BY id LIMIT 1", (library_id, *paths)
        )
        return candidates[0] if candidates else None

    def _row(self, model: str, entry: CatalogueTrack | None) -> LedgerRow | None:
        if entry is None:
            return None
        return Ledger(self._state, model, self._memory.get(model).generation).rows([entry.id]).get(entry.id)

    def _below_library(self, track_id: str) -> bool:
        """Return whether the id names a file in one of Navidrome's libraries, known already or not."""
        place = _place(track_id)
        return place is not None and any(library.id == place[0] for library in self._catalogue.libraries())

    def _will_embed(self, entry: CatalogueTrack | None, rows: dict[str, LedgerRow | None]) -> bool:
        """Return whether an automatic job will embed the track, at once or later."""
        if not self._settings.auto_embed or not rows:
            return False
        if entry is None:
            return True
        cancelled = self._jobs.cancelled()
        rules = {model: DueRule(EmbedOptions((model,), automatic=True), "", time.time(), cancelled) for model in rows}
        return any(rules[model].ever(entry, row) for model, row in rows.items())


def _place(track_id: str) -> tuple[int, str] | None:
    """Return the library and path of such an id; None for other ids and for paths that leave the library."""
    match = _PLACE.fullmatch(track_id)
    if match is None or ".." in match[2].split("/"):
        return None
    return int(match[1]), match[2]


def _name(entry: CatalogueTrack | None, artist: str, title: str, others: Sequence[str], track_id: str) -> str:
    """Return "Artist - Title" from the catalogue, else from the request, else an alternate name or the file name."""
    if entry is not None:
        return entry.label
    if title:
        return f"{artist} - {title}" if artist else title
    place = _place(track_id)
    return next(iter(others), "") or ("" if place is None else PurePosixPath(place[1]).name)
