"""The service `library`: Navidrome's tracks, and the jobs that embed them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from broker.wire import Reply
from contract.errors import NavidromeUnavailable, NotFound, StoreUnavailable
from contract.settings import load_settings
from workers.library.catalogue.adoption import Adoptions
from workers.library.catalogue.catalogue import Catalogue, Entry
from workers.library.catalogue.explain import explain
from workers.library.catalogue.find import find
from workers.library.catalogue.follower import Follower
from workers.library.catalogue.match import Credited, match
from workers.library.catalogue.unlisted import Unlisted
from workers.library.jobs.carry_over import CarryOver
from workers.library.jobs.context import Context
from workers.library.jobs.control import Control
from workers.library.jobs.engine import JobEngine
from workers.library.jobs.models import Models
from workers.library.jobs.operations import Batch
from workers.library.jobs.records import Jobs
from workers.library.navidrome.credits import credited
from workers.library.navidrome.paths import shown
from workers.library.navidrome.readers import Readers
from workers.library.params import Params
from workers.library.people.mixes import Mixes
from workers.library.people.preferences import PreferenceStore
from workers.library.people.service import People
from workers.library.settings import LibrarySettings
from workers.library.state.database import State, StateUnavailable
from workers.library.uploads.desk import UploadDesk
from workers.library.uploads.scanned import Scanned
from workers.library.uploads.waiting import Waiting
from workers.runtime.default_model import settle_fresh
from workers.runtime.service import Answered, Call, Mesh, Operation, Service, single

#: Most tracks that `tracks.find` answers, and that it answers unasked.
MAX_FOUND = 500
FOUND = 25
#: Most tracks of one page of `tracks.tags`, and those of one unasked.
MAX_TAGS = 10_000
TAGS = 1000


Handle = Callable[[Params], dict[str, Any]]


class LibraryService(Service):
    """Reads Navidrome's database, owns `state.db`, runs the jobs."""

    credit: ClassVar[int] = 16

    def __init__(self, settings: LibrarySettings | None = None, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings or load_settings(LibrarySettings)
        self._clock = clock
        self._state: State | None = None
        self._readers = Readers()

    @property
    def name(self) -> str:
        return "library"

    def start(self, mesh: Mesh) -> None:
        """Open `state.db`, follow the database, go on with an unfinished job."""
        if not self._settings.named_models:
            settle_fresh(self._settings.data, self._settings.has_weights)
        self._state, waiting = _open(self._settings.data)
        self._catalogue = Catalogue(self._state)
        control = Control()
        context = Context(
            self._settings,
            self._state,
            self._catalogue,
            Jobs(self._state),
            Models(self._state),
            mesh.client,
            mesh.events,
            control,
            waiting,
        )
        self._follower = Follower(self._settings, self._catalogue, Adoptions(self._state), mesh.events)
        self._engine = JobEngine(context, self._follower)
        self._carry_over = CarryOver(context, self._follower)
        self._batch = Batch(context, self._engine, self._follower)
        self._unlisted = Unlisted(self._settings, self._follower.database, self._catalogue)
        preferences = PreferenceStore(self._state, self._settings.default_diversity)
        self._people = People(self._follower.database, self._catalogue, preferences, self._unlisted, self._clock)
        self._mixes = Mixes(self._follower.database, preferences, self._unlisted, self._clock)
        self._scanned = Scanned(self._settings, self._state, self._catalogue, self._follower)
        self._uploads = UploadDesk(
            self._settings,
            mesh.client,
            self._state,
            self._catalogue,
            self._follower,
            self._scanned,
            waiting,
            self._engine.start_job,
        )
        self._follower.start(self._engine.look)
        self._engine.start()
        self._carry_over.start()

    def stop(self) -> None:
        if self._state is None:
            return
        self._follower.stop()
        self._carry_over.stop()
        self._engine.stop()
        self._readers.close()
        self._uploads.close()
        self._state.close()

    def operations(self) -> Mapping[str, Operation]:
        batch = {
            "models.describe": Batch.describe_models,
            "batch.start": Batch.start,
            "batch.progress": Batch.progress,
            "batch.failures": Batch.failures,
            "batch.pause": Batch.pause,
            "batch.resume": Batch.resume,
            "batch.cancel": Batch.cancel,
            "batch.jobs": Batch.history,
            "batch.job": Batch.job,
        }
        tracks = {
            "tracks.find": self._find,
            "tracks.get": self._get,
            "tracks.why": self._why,
            "tracks.scanned": self._scanned.answer,
            "tracks.missing": self._missing,
            "library.status": self._status,
            "library.prune": self._prune,
        }
        reading = {
            "tracks.tags": self._tags,
            "tracks.unlisted": self._unlisted_kinds,
            "playlists.tracks": self._playlists,
            "people.mixes": self._mixes.answer,
        }
        return (
            dict(self._uploads.operations())
            | {"tracks.match": self._match_operation()}
            | {op: self._aside(handle) for op, handle in reading.items()}
            | {op: _operation(handle) for op, handle in tracks.items()}
            | {op: _operation(partial(self._ask_batch, handle)) for op, handle in batch.items()}
            | {op: self._aside(partial(self._ask_people, handle)) for op, handle in People.HANDLERS.items()}
        )

    def _ask_people(self, handle: Callable[[People, Params], dict[str, Any]], params: Params) -> dict[str, Any]:
        return handle(self._people, params)

    def _ask_batch(self, handle: Callable[[Batch, Params], dict[str, Any]], params: Params) -> dict[str, Any]:
        return handle(self._batch, params)

    def _track(self, entry: Entry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "title": entry.title,
            "artist": entry.artist,
            "artist_id": entry.artist_id,
            "album": entry.album,
            "album_id": entry.album_id,
            "duration": entry.duration,
            "path": shown(self._follower.locate(entry)),
            "library_id": entry.library_id,
        }

    def _find(self, params: Params) -> dict[str, Any]:
        limit = params.integer("limit", FOUND, 1, MAX_FOUND)
        found = find(self._catalogue, self._follower.paths, params.text("query"), limit)
        return {"tracks": [self._track(entry) for entry in found]}

    def _get(self, params: Params) -> dict[str, Any]:
        return {"tracks": [self._track(entry) for entry in self._catalogue.entries(params.texts("track_ids"))]}

    def _match(self, params: Params) -> dict[str, Any]:
        return self._matched(params, _ask_database)

    def _matched(self, params: Params, credited_by: Credited) -> dict[str, Any]:
        found = match(self._catalogue, self._follower.paths, credited_by, params)
        if not found and self._follower.state != "ready":
            raise NavidromeUnavailable(self._follower.reason or "the library has not been read yet: try again")
        return {"tracks": [self._track(entry) for entry in found]}

    def _credited(self, artist_id: str, name: str) -> list[str]:
        with self._follower.database.reading() as connection:
            return credited(connection, artist_id, name)

    def _aside(self, handle: Handle) -> Operation:
        """An operation that reads Navidrome's database: beside all others, which never wait for it."""

        def answer(call: Call) -> Future[Reply]:
            read = partial(handle, Params(call.params))
            return self._readers.submit(call, lambda: Reply(self._follower.database.repeated(read)))

        return single(answer)

    def _match_operation(self) -> Operation:
        """The catalogue knows most of what is asked for; Navidrome's database is read only for the rest."""
        rest = self._aside(lambda params: self._matched(params, self._credited))

        def answer(calls: Sequence[Call]) -> Sequence[Answered]:
            try:
                return [Reply(self._match(Params(calls[0].params)))]
            except _AskDatabase:
                return rest.handle(calls)

        return Operation(answer)

    def _why(self, params: Params) -> dict[str, Any]:
        """What is known of one track with every model. Raises `NotFound`."""
        entries = self._catalogue.entries([params.text("track_id")])
        if not entries or self._state is None:
            raise NotFound(f"no track has the id {params.text('track_id')!r}")
        return {"track": self._track(entries[0]), "models": explain(self._state, entries[0].id)}

    def _missing(self, _params: Params) -> dict[str, Any]:
        return {"track_ids": self._catalogue.vanished()}

    def _unlisted_kinds(self, _params: Params) -> dict[str, Any]:
        return {"kinds": [kind.to_wire() for kind in self._unlisted.kinds()]}

    def _tags(self, params: Params) -> dict[str, Any]:
        limit = params.integer("limit", TAGS, 1, MAX_TAGS)
        page = self._follower.database.tags(params.optional_text("after") or "", limit)
        return {"tracks": [track.to_wire() for track in page], "next": page[-1].id if len(page) == limit else None}

    def _prune(self, params: Params) -> dict[str, Any]:
        self._engine.prune(told=params.flag("all"))
        return {"accepted": True}

    def _playlists(self, params: Params) -> dict[str, Any]:
        return {"track_ids": self._follower.database.playlist_tracks(params.texts("playlist_ids"))}

    def _status(self, _params: Params) -> dict[str, Any]:
        tracks, missing = self._catalogue.counts()
        libraries = self._catalogue.libraries()
        scans = [library.last_scan_at.timestamp() for library in libraries if library.last_scan_at is not None]
        return {
            "state": self._follower.state,
            "reason": self._follower.reason,
            "tracks": tracks,
            "missing": missing,
            "libraries": [{"id": one.id, "name": one.name, "path": shown(one.path)} for one in libraries],
            "last_scan_at": max(scans, default=None),
            "auto_embed": self._settings.auto_embed,
            "notices": [*self._engine.notices, *self._follower.notices],
        }


def _open(folder: Path) -> tuple[State, Waiting]:
    """The databases in `folder`, both or none. Raises `StoreUnavailable`, `Conflict`."""
    try:
        state = State(folder)
    except StateUnavailable:
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreUnavailable(f"{folder}/state.db cannot be opened: {error}") from error
    try:
        return state, Waiting(folder)
    except StoreUnavailable:
        state.close()  # the next try opens it again
        raise


class _AskDatabase(Exception):
    """The catalogue does not know: Navidrome's database may."""


def _ask_database(_artist_id: str, _name: str) -> list[str]:
    raise _AskDatabase


def _operation(handle: Handle) -> Operation:
    def answer(call: Call) -> Reply:
        return Reply(handle(Params(call.params)))

    return single(answer)
