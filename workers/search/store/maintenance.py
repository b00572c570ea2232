"""Housekeeping of the embedded store in its own thread: graphs catch up, rows are flushed, indexes saved.

No search waits longer than one small step.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from contract.errors import StoreUnavailable
from workers.search.store.generation_store import GenerationStore

log = logging.getLogger(__name__)

#: Seconds between rounds while idle.
ROUND = 1.0
#: Seconds left to searches between two steps of a graph: with a lock alone this thread would win every time.
PAUSE = 0.002
#: Rows flushed at once, and seconds without a write after which fewer rows are flushed too.
FLUSH_ROWS = 1000
FLUSH_QUIET = 2.0
#: Seconds without a write after which the index is saved, and the save interval under steady writing.
SAVE_QUIET = 10.0
SAVE_EVERY = 300.0


class Maintenance:
    """Maintains the store's shelves until it is stopped."""

    def __init__(self, shelves: Callable[[], Sequence[GenerationStore]], writing: threading.RLock) -> None:
        self._shelves = shelves
        self._writing = writing
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._saved_at = time.time()
        #: The last problem of each shelf.
        self._troubles: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="store-keeper", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Signal that there may be work."""
        self._work.set()

    def stop(self) -> None:
        """Finish the current step and end."""
        self._stopping.set()
        self._work.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.wait(ROUND)
            self._work.clear()
            for shelf in self._shelves():
                try:
                    self._keep(shelf)
                    self._troubles.pop(shelf.name, None)
                except (StoreUnavailable, OSError) as error:
                    self._tell(shelf.name, str(error))

    def _tell(self, name: str, trouble: str) -> None:
        """Log each problem once, however often the step is retried."""
        if self._troubles.get(name) != trouble:
            self._troubles[name] = trouble
            log.error("housekeeping of %s failed and will be retried: %s", name, trouble)

    def _keep(self, shelf: GenerationStore) -> None:
        until = time.monotonic() + ROUND
        while not self._stopping.is_set() and shelf.catch_up():
            self._stopping.wait(PAUSE)
            if time.monotonic() > until:
                self._work.set()
                break
        quiet = time.time() - shelf.written_at
        if shelf.unflushed >= FLUSH_ROWS or (shelf.unflushed and quiet >= FLUSH_QUIET):
            shelf.settle()
            with self._writing:
                shelf.flush()
        settled = quiet >= SAVE_QUIET and not shelf.index.behind()
        due = settled or time.time() - self._saved_at >= SAVE_EVERY
        if shelf.stale and due and not self._stopping.is_set():
            shelf.save()
            self._saved_at = time.time()
