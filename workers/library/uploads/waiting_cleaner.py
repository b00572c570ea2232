"""Brings waiting vectors to their tracks, and removes leftovers of uploads."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from contract.errors import Conflict, MeshError
from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.records import EmbedOptions
from workers.library.uploads.cue.folders import PartFolders
from workers.library.uploads.duplicates import SameAudio
from workers.library.uploads.timing import UploadLimit
from workers.library.uploads.vectors import UploadVectors
from workers.library.uploads.waiting_vectors import WaitingVectors

#: Seconds between two looks.
LOOK_SECONDS: Final = 3.0
#: Maximum seconds for looking at one vector.
LIMIT_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


class WaitingVectorCleaner:
    """A background thread that settles uploads.

    Jobs use waiting vectors anyway. If tracks are not embedded automatically, this thread starts a job, through
    `start_job`, for just the tracks with waiting vectors.
    """

    def __init__(
        self,
        waiting: WaitingVectors,
        same: SameAudio,
        vectors: UploadVectors,
        folders: PartFolders,
        start_job: Callable[[EmbedOptions], Any] | None,
    ) -> None:
        self._waiting = waiting
        self._same = same
        self._vectors = vectors
        self._folders = folders
        self._start_job = start_job
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="uploads", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(LOOK_SECONDS)

    def look(self) -> None:
        """Drop vectors that are old or already in the store; start jobs for those whose tracks are known."""
        self._waiting.expire(time.time())
        self._folders.clean(time.time())
        wanted: dict[str, set[str]] = {}
        for audio_id, model, duration in self._waiting.all():
            if self._vectors.source(audio_id, model):
                self._waiting.forget(audio_id, model)
            elif self._start_job is not None and not self._stopping.is_set():
                for entry in self._tracks(audio_id, duration):
                    wanted.setdefault(model, set()).add(entry.id)
        for model, track_ids in wanted.items():
            self._begin(model, track_ids)

    def _tracks(self, audio_id: str, duration: float) -> list[CatalogueTrack]:
        return self._same.find(audio_id, duration, UploadLimit(time.time() + LIMIT_SECONDS))

    def _begin(self, model: str, track_ids: set[str]) -> None:
        assert self._start_job is not None
        try:
            self._start_job(EmbedOptions((model,), track_ids=tuple(sorted(track_ids)), automatic=True))
        except Conflict:  # a job is running: the next look tries again
            log.debug("%d uploads wait until a job ends", len(track_ids))

    def _loop(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except (MeshError, OSError, sqlite3.Error) as error:
                log.warning("uploads cannot be settled now: %s", error)
