"""The service `library`: Navidrome's tracks and people, the jobs that embed them, and uploads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from contract.library import Library
from contract.settings import load_settings
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.id_migrations import IdMigrations
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.catalogue.operations import TrackOperations
from workers.library.catalogue.unlisted import UnlistedReader
from workers.library.jobs.carry_over import CarryOver
from workers.library.jobs.context import Context
from workers.library.jobs.control import Control
from workers.library.jobs.kinds.backup import Backup
from workers.library.jobs.kinds.embed import Embed
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.kinds.label import Label
from workers.library.jobs.kinds.migrate_ids import MigrateIds
from workers.library.jobs.kinds.prune import Prune
from workers.library.jobs.kinds.train_text import TrainText
from workers.library.jobs.models import Models
from workers.library.jobs.operations import JobOperations
from workers.library.jobs.operations import operations as job_operations
from workers.library.jobs.records import EmbedOptions, Job, Jobs
from workers.library.jobs.scheduler import Scheduler
from workers.library.labels.operations import LabelOperations
from workers.library.labels.store import LabelStore
from workers.library.navidrome.background import BackgroundReads
from workers.library.opening import open_databases
from workers.library.operations import LibraryOperations
from workers.library.people.browse import Browse
from workers.library.people.mixes import Mixes
from workers.library.people.preferences import PreferenceStore
from workers.library.people.service import People
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateDatabase
from workers.library.uploads.operations import UploadOperations
from workers.library.uploads.scanned import Scanned
from workers.runtime.service import Handler, Service, WorkerContext


class LibraryService(Service):
    """Reads Navidrome's database, owns `state.db` and runs the jobs."""

    credit: ClassVar[int] = 16

    def __init__(self, settings: LibrarySettings | None = None, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings or load_settings(LibrarySettings)
        self._clock = clock
        self._state: StateDatabase | None = None

    @property
    def name(self) -> str:
        return Library.service

    def start(self, mesh: WorkerContext) -> None:
        """Open `state.db`, start following the database and resume an unfinished job."""
        settings = self._settings
        settings.settle_default()
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
            LabelStore(self._state, mesh.events),
        )
        self._labels = LabelOperations(catalogue, context.labels)
        self._watcher = watcher = NavidromeWatcher(settings, catalogue, IdMigrations(self._state), mesh.events)
        self._migrate = MigrateIds(context, watcher)
        self._embed = Embed(context, watcher)
        pruning = Prune(context, watcher)
        kinds: list[Kind[Any]] = [self._migrate, self._embed, pruning, TrainText(context), Backup()]
        kinds.append(Label(context, watcher))
        self._scheduler = Scheduler(context, kinds)
        self._carry_over = CarryOver(context, watcher)
        self._batch = JobOperations(context, self._scheduler)
        self._background = BackgroundReads(watcher.database)
        unlisted = UnlistedReader(settings, watcher.database, catalogue)
        preferences = PreferenceStore(self._state, settings.default_diversity)
        self._tracks = TrackOperations(self._state, catalogue, watcher, unlisted, self._background)
        self._library_operations = LibraryOperations(settings, self._state, catalogue, watcher, pruning)
        self._people = People(watcher.database, catalogue, preferences, unlisted, self._clock)
        self._browse = Browse(watcher.database, catalogue)
        self._mixes = Mixes(watcher.database, preferences, unlisted, self._clock)
        self._scanned = Scanned(settings, self._state, catalogue, watcher)
        self._uploads = UploadOperations(
            settings, mesh.client, self._state, catalogue, watcher, self._scanned, waiting, self._start_job
        )
        watcher.start(self._look)
        self._scheduler.start()
        self._carry_over.start()

    def stop(self) -> None:
        if self._state is None:
            return
        self._watcher.stop()
        self._carry_over.stop()
        self._scheduler.stop()
        self._background.close()
        self._uploads.close()
        self._state.close()

    def _look(self) -> None:
        """Handle a change in the library."""
        self._embed.look()
        self._migrate.look()

    def _start_job(self, options: EmbedOptions) -> Job:
        return self._scheduler.create(self._embed, options.packed())

    def operations(self) -> Mapping[str, Handler]:
        return {
            **job_operations(lambda: self._batch),
            **self._tracks.operations(),
            **self._labels.operations(),
            **self._library_operations.operations(),
            **self._people.operations(self._background),
            **self._browse.operations(self._background),
            **self._mixes.operations(self._background),
            **self._scanned.operations(),
            **self._uploads.operations(),
        }
