"""The service `library`: Navidrome's tracks and people, the jobs that embed them, and uploads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from broker.wire import Reply
from contract.library import Library
from contract.settings import load_settings
from workers.library.catalogue.adoption import Adoptions
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.follower import Follower
from workers.library.catalogue.operations import TrackOperations
from workers.library.catalogue.unlisted import Unlisted
from workers.library.jobs.context import Context
from workers.library.jobs.control import Control
from workers.library.jobs.engine import JobEngine
from workers.library.jobs.models import Models
from workers.library.jobs.operations import Batch
from workers.library.jobs.records import Jobs
from workers.library.navidrome.aside import Aside
from workers.library.opening import open_databases
from workers.library.params import Params
from workers.library.people.mixes import Mixes
from workers.library.people.preferences import PreferenceStore
from workers.library.people.service import People
from workers.library.settings import LibrarySettings
from workers.library.state.database import State
from workers.library.upkeep import Upkeep
from workers.library.uploads.desk import UploadDesk
from workers.library.uploads.scanned import Scanned
from workers.runtime.service import Call, Mesh, Operation, Service, single


class LibraryService(Service):
    """Reads Navidrome's database, owns `state.db`, runs the jobs."""

    credit: ClassVar[int] = 16

    def __init__(self, settings: LibrarySettings | None = None, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings or load_settings(LibrarySettings)
        self._clock = clock
        self._state: State | None = None

    @property
    def name(self) -> str:
        return Library.service

    def start(self, mesh: Mesh) -> None:
        """Open `state.db`, follow the database, go on with an unfinished job."""
        settings = self._settings
        self._state, waiting = open_databases(settings.data)
        catalogue = Catalogue(self._state)
        context = Context(
            settings,
            self._state,
            catalogue,
            Jobs(self._state),
            Models(self._state),
            mesh.client,
            mesh.events,
            Control(),
            waiting,
        )
        self._follower = follower = Follower(settings, catalogue, Adoptions(self._state), mesh.events)
        self._engine = JobEngine(context, follower)
        self._batch = Batch(context, self._engine, follower)
        self._aside = Aside(follower.database)
        unlisted = Unlisted(settings, follower.database, catalogue)
        preferences = PreferenceStore(self._state, settings.default_diversity)
        self._tracks = TrackOperations(self._state, catalogue, follower, unlisted, self._aside)
        self._upkeep = Upkeep(settings, catalogue, follower, self._engine)
        self._people = People(follower.database, catalogue, preferences, unlisted, self._clock)
        self._mixes = Mixes(follower.database, preferences, unlisted, self._clock)
        self._scanned = Scanned(settings, self._state, catalogue, follower)
        self._uploads = UploadDesk(
            settings, mesh.client, self._state, catalogue, follower, self._scanned, waiting, self._engine.start_job
        )
        follower.start(self._engine.look)
        self._engine.start()

    def stop(self) -> None:
        if self._state is None:
            return
        self._follower.stop()
        self._engine.stop()
        self._aside.close()
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
        return {
            **{op: _operation(partial(self._ask_batch, handle)) for op, handle in batch.items()},
            **self._tracks.operations(),
            **self._upkeep.operations(),
            **self._people.operations(self._aside),
            **self._mixes.operations(self._aside),
            **self._scanned.operations(),
            **self._uploads.operations(),
        }

    def _ask_batch(self, handle: Callable[[Batch, Params], dict[str, Any]], params: Params) -> dict[str, Any]:
        return handle(self._batch, params)


def _operation(handle: Callable[[Params], dict[str, Any]]) -> Operation:
    def answer(call: Call) -> Reply:
        return Reply(handle(Params(call.params)))

    return single(answer)
