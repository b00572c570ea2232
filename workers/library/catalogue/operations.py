"""The operations on tracks: `tracks.*` and `playlists.tracks`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from functools import partial

from contract.errors import NavidromeUnavailable, NotFound
from contract.library import (
    Explained,
    FindRequest,
    Library,
    MatchRequest,
    PlaylistsRequest,
    TaggedTracks,
    TagsRequest,
    TrackRequest,
    Tracks,
    TracksRequest,
    UnlistedKinds,
)
from contract.message import Nothing
from contract.search import TrackIds
from contract.track import Track
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.catalogue.explain import explain
from workers.library.catalogue.find import find
from workers.library.catalogue.match import Credited, match
from workers.library.catalogue.navidrome_watcher import READY, NavidromeWatcher
from workers.library.catalogue.tracks import track_at
from workers.library.catalogue.unlisted import UnlistedReader
from workers.library.navidrome.background import BackgroundReads
from workers.library.navidrome.credits import credited
from workers.library.navidrome.paths import shown
from workers.library.state.database import StateDatabase
from workers.runtime.service import Call, Handler
from workers.runtime.serving import served


class TrackOperations:
    """Answers from the catalogue; reads Navidrome's database only for what the catalogue lacks."""

    def __init__(
        self,
        state: StateDatabase,
        catalogue: Catalogue,
        watcher: NavidromeWatcher,
        unlisted: UnlistedReader,
        background: BackgroundReads,
    ) -> None:
        self._state = state
        self._catalogue = catalogue
        self._watcher = watcher
        self._unlisted = unlisted
        self._background = background

    def operations(self) -> Mapping[str, Handler]:
        """Return the operations by name."""
        return {
            **served(Library.find, self._find),
            **served(Library.tracks, self._get),
            **served(Library.match, self._match),
            **served(Library.why, self._why),
            **served(Library.missing, self._missing),
            **self._background.served(Library.tags, self._tags),
            **self._background.served(Library.unlisted, self._unlisted_kinds),
            **self._background.served(Library.playlist_tracks, self._playlists),
        }

    def _find(self, request: FindRequest, _call: Call) -> Tracks:
        return self._tracks(find(self._catalogue, self._watcher.paths, request.query, request.limit))

    def _get(self, request: TracksRequest, _call: Call) -> Tracks:
        return self._tracks(self._catalogue.entries(request.track_ids))

    def _match(self, request: MatchRequest, call: Call) -> Tracks | Future[Tracks]:
        """Match in the catalogue; read Navidrome's database only if the catalogue is not enough."""
        try:
            return self._matched(request, _ask_database)
        except _AskDatabase:
            return self._background.read(call, partial(self._matched, request, self._credited))

    def _matched(self, request: MatchRequest, credited_by: Credited) -> Tracks:
        tracks = match(self._catalogue, self._watcher.paths, credited_by, request)
        if not tracks and self._watcher.state != READY:
            raise NavidromeUnavailable(self._watcher.reason or "the library has not been read yet; try again")
        return self._tracks(tracks)

    def _credited(self, artist_id: str, name: str) -> list[str]:
        with self._watcher.database.reading() as connection:
            return credited(connection, artist_id, name)

    def _why(self, request: TrackRequest, _call: Call) -> Explained:
        """Return what is known about one track, for every model. Raises `NotFound`."""
        entries = self._catalogue.entries([request.track_id])
        if not entries:
            raise NotFound(f"no track has the id {request.track_id!r}")
        return Explained(track=self._track(entries[0]), models=explain(self._state, entries[0].id))

    def _missing(self, _request: Nothing, _call: Call) -> TrackIds:
        return TrackIds(track_ids=self._catalogue.vanished())

    def _tags(self, request: TagsRequest) -> TaggedTracks:
        page = self._watcher.database.tags(request.after or "", request.limit)
        return TaggedTracks(tracks=page, next=page[-1].id if len(page) == request.limit else None)

    def _unlisted_kinds(self, _request: Nothing) -> UnlistedKinds:
        return UnlistedKinds(kinds=self._unlisted.kinds())

    def _playlists(self, request: PlaylistsRequest) -> TrackIds:
        return TrackIds(track_ids=self._watcher.database.playlist_tracks(request.playlist_ids))

    def _tracks(self, entries: Iterable[CatalogueTrack]) -> Tracks:
        return Tracks(tracks=[self._track(entry) for entry in entries])

    def _track(self, entry: CatalogueTrack) -> Track:
        return track_at(entry, shown(self._watcher.locate(entry)))


class _AskDatabase(Exception):
    """The catalogue has no answer, but Navidrome's database may."""


def _ask_database(_artist_id: str, _name: str) -> list[str]:
    raise _AskDatabase
