"""The operations `library.*`: the status of the library, and pruning."""

from __future__ import annotations

from collections.abc import Mapping

from contract.library import Library, LibraryStatus, MusicLibrary, PruneRequest
from contract.message import Nothing
from contract.worker import Accepted
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.jobs.kinds.prune import Prune
from workers.library.navidrome.paths import shown
from workers.library.settings import LibrarySettings
from workers.runtime.service import Call, Handler
from workers.runtime.serving import served


class LibraryOperations:
    """Answers questions about the library as a whole."""

    def __init__(
        self, settings: LibrarySettings, catalogue: Catalogue, watcher: NavidromeWatcher, pruning: Prune
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._watcher = watcher
        self._pruning = pruning

    def operations(self) -> Mapping[str, Handler]:
        """Return the operations by name."""
        return {**served(Library.status, self._status), **served(Library.prune, self._prune)}

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
