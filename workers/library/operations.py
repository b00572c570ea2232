"""The operations on the library as a whole: its status, pruning, tracks without vectors, duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contract.library import Library, LibraryStatus, MusicLibrary, PruneRequest
from contract.message import Nothing, common
from contract.upkeep import (
    Duplicates,
    DuplicatesRequest,
    PrunePlan,
    Unembedded,
    UnembeddedRequest,
    VanishedTrack,
)
from contract.worker import Accepted
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.catalogue.duplicates import duplicates
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.catalogue.tracks import track_at
from workers.library.catalogue.unembedded import unembedded
from workers.library.jobs.kinds.prune import SECONDS_PER_DAY, Prune
from workers.library.navidrome.paths import shown
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateDatabase
from workers.runtime.service import Call, Handler
from workers.runtime.serving import served

#: Vanished tracks that a dry run names.
MOST_NAMED: Final = 1_000


class LibraryOperations:
    """Answers questions about the library as a whole."""

    def __init__(
        self,
        settings: LibrarySettings,
        state: StateDatabase,
        catalogue: Catalogue,
        watcher: NavidromeWatcher,
        pruning: Prune,
    ) -> None:
        self._settings = settings
        self._state = state
        self._catalogue = catalogue
        self._watcher = watcher
        self._pruning = pruning

    def operations(self) -> Mapping[str, Handler]:
        """Return the operations by name."""
        return {
            **served(Library.status, self._status),
            **served(Library.prune, self._prune),
            **served(Library.prune_plan, self._prune_plan),
            **served(Library.unembedded, self._unembedded),
            **served(Library.duplicates, self._duplicates),
        }

    def _status(self, _request: Nothing, _call: Call) -> LibraryStatus:
        tracks, missing = self._catalogue.counts()
        libraries = self._catalogue.libraries()
        scans = [library.last_scan_at.timestamp() for library in libraries if library.last_scan_at is not None]
        return LibraryStatus(
            state=self._watcher.state,
            reason=self._watcher.reason,
            tracks=tracks,
            missing=missing,
            libraries=[MusicLibrary(id=folder.id, name=folder.name, path=shown(folder.path)) for folder in libraries],
            last_scan_at=max(scans, default=None),
            auto_embed=self._settings.auto_embed,
            notices=[*self._pruning.notices, *self._watcher.notices],
        )

    def _prune(self, request: PruneRequest, _call: Call) -> Accepted:
        self._pruning.look(told=request.all)
        return Accepted()

    def _prune_plan(self, _request: Nothing, _call: Call) -> PrunePlan:
        plan = self._pruning.preview()
        due = set(plan.track_ids)
        after = self._settings.prune_after_days
        where = "WHERE vanished_at IS NOT NULL ORDER BY vanished_at, id LIMIT ?"
        rows = self._state.rows(f"SELECT id, vanished_at FROM track {where}", (MOST_NAMED,))
        at = {str(track_id): float(moment) for track_id, moment in rows}
        tracks = [
            common(
                track_at(entry, self._path(entry)),
                VanishedTrack,
                vanished_at=at[entry.id],
                due_at=at[entry.id] + after * SECONDS_PER_DAY,
                due=entry.id in due,
            )
            for entry in self._catalogue.select(where, (MOST_NAMED,))
            if entry.id in at
        ]
        _, total = self._catalogue.counts()
        return PrunePlan(total=total, due=len(due), after_days=after, notices=plan.notices, tracks=tracks)

    def _unembedded(self, request: UnembeddedRequest, _call: Call) -> Unembedded:
        return unembedded(self._state, request, self._path)

    def _duplicates(self, request: DuplicatesRequest, _call: Call) -> Duplicates:
        return duplicates(self._state, self._catalogue, request, self._path)

    def _path(self, entry: CatalogueTrack) -> str:
        return shown(self._watcher.locate(entry))
