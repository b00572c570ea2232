"""Notices at once when files that were missing or unreadable are back."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from contract.errors import FileMissing, MeshError
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.jobs.backoff import Wait
from workers.library.jobs.due import UNAVAILABLE_CODES, unavailable_pause
from workers.library.jobs.ledger import Ledger
from workers.library.jobs.models import Models
from workers.library.state.database import StateDatabase

#: Seconds between two looks, and how many times longer the pause is than the look before it: shares may be slow.
LOOK_SECONDS: Final = 3.0
PAUSE_FACTOR: Final = 20.0

log = logging.getLogger(__name__)


class UnavailableFiles:
    """Watches, in its own thread, the files of tracks that failed because of the disk or the share.

    Tracks whose files are back are due at once, the others after a pause. Calls `found` when any are due.
    """

    def __init__(
        self,
        state: StateDatabase,
        catalogue: Catalogue,
        models: Iterable[str],
        locate: Callable[[CatalogueTrack], str],
        returned: Callable[[], None],
    ) -> None:
        self._state = state
        self._catalogue = catalogue
        self._models = tuple(models)
        self._memory = Models(state)
        self._locate = locate
        self._found = returned
        #: Tracks whose file could not be opened at the last look.
        self._closed: set[str] = set()
        #: Tracks whose next try was due at the last look.
        self._due: set[str] = set()
        #: What the tracks wait for; None while no folder is away.
        self.wait: Wait | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="away", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop looking. Does not wait for a share that hangs."""
        self._stopping.set()
        self._thread.join(LOOK_SECONDS)

    def look(self) -> None:
        """Check once which files are back and which folders are away."""
        failed, due = self._failed(time.time())
        entries = self._catalogue.entries(list(failed))
        folders: dict[str, bool] = {}
        missing: Counter[str] = Counter()
        back, closed = [], set()
        for entry in entries:
            path = self._locate(entry)
            folder = os.path.dirname(path)  # noqa: PTH120  the names may hold bytes that are not text
            if folder not in folders:
                folders[folder] = _is_filled(folder)
            if not folders[folder]:
                missing[_topmost_missing(folder)] += 1
            if not (folders[folder] and _opens(path)):
                closed.add(entry.id)
            elif entry.id in self._closed or failed[entry.id] == FileMissing.code:
                back.append(entry.id)
        self._closed = closed
        self.wait = _wait(missing)
        if back:
            log.info("%d files are back", len(back))
            self._start_over(back)
        if back or due - self._due:
            self._found()
        self._due = due

    def _failed(self, now: float) -> tuple[dict[str, str], set[str]]:
        """Return the error code by present track that failed because of its file, and the tracks due for a retry."""
        marks = ",".join("?" * len(UNAVAILABLE_CODES))
        rows = self._state.rows(
            "SELECT ledger.track_id, code, attempts, updated_at FROM ledger JOIN track ON track.id = ledger.track_id "
            "AND track.vanished_at IS NULL LEFT JOIN model ON model.name = ledger.model "
            f"WHERE ledger.generation = coalesce(model.generation, '') AND state = 'failed' AND code IN ({marks}) "
            "AND attempts > 0",
            sorted(UNAVAILABLE_CODES),
        )
        due = {str(track_id) for track_id, _, attempts, at in rows if at + unavailable_pause(attempts) <= now}
        return {str(track_id): str(code) for track_id, code, _, _ in rows}, due

    def _start_over(self, track_ids: list[str]) -> None:
        """Reset the attempts: a track without any is due at once."""
        for model in self._models:
            ledger = Ledger(self._state, model, self._memory.get(model).generation)
            ledger.reset_attempts(track_ids, UNAVAILABLE_CODES)

    def _loop(self) -> None:
        pause = LOOK_SECONDS
        while not self._stopping.wait(pause):
            began = time.monotonic()
            try:
                self.look()
            except (MeshError, OSError, sqlite3.Error) as error:
                log.debug("cannot check for missing files now: %s", error)
            pause = max(LOOK_SECONDS, PAUSE_FACTOR * (time.monotonic() - began))


def _is_filled(folder: str) -> bool:
    """Return whether a folder exists and is not empty: an unmounted share leaves an empty folder."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except (OSError, ValueError):
        return False


def _opens(path: str) -> bool:
    """Return whether the first byte of a file can be read."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return bool(os.read(descriptor, 1))
        finally:
            os.close(descriptor)
    return False


def _topmost_missing(folder: str) -> str:
    """Return the topmost folder on this path that is away; `folder` itself if its parent is not."""
    while (parent := os.path.dirname(folder)) != folder and not _is_filled(parent):  # noqa: PTH120
        folder = parent
    return folder


def _wait(missing: Counter[str]) -> Wait | None:
    if not missing:
        return None
    folder = missing.most_common(1)[0][0]
    shown = os.fsencode(folder).decode("utf-8", "replace")
    tracks = sum(missing.values())
    what = "1 track waits for its file" if tracks == 1 else f"{tracks} tracks wait for their files"
    return Wait(f"{what}: {shown} is empty or missing; is the disk or share mounted?", shown)
