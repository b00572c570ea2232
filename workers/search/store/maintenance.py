"""Housekeeping of the embedded store in its own thread: graphs catch up, rows are flushed, indexes saved.

No search waits longer than one small step.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from contract.errors import StoreUnavailable
from workers.search.store.generation_store import GenerationStore

log = logging.getLogger(__name__)

#: Seconds between rounds while idle.
ROUND_SECONDS: Final = 1.0
#: Seconds left to searches between two steps of a graph: with a lock alone this thread would win every time.
PAUSE_SECONDS: Final = 0.002
#: Rows flushed at once, and seconds without a write after which fewer rows are flushed too.
FLUSH_ROWS: Final = 1000
FLUSH_QUIET_SECONDS: Final = 2.0
#: Seconds without a write after which the index is saved, and the save interval under steady writing.
SAVE_QUIET_SECONDS: Final = 10.0
SAVE_EVERY_SECONDS: Final = 300.0


class Maintenance:
    """Maintains the generations of the store until it is stopped."""

    def __init__(self, generation_stores: Callable[[], Sequence[GenerationStore]], writing: threading.RLock) -> None:
        self._generation_stores = generation_stores
        self._writing = writing
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._saved_at = time.time()
        #: The last problem of each generation store.
        self._troubles: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="store-maintenance", daemon=True)

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
        for generation_store in self._generation_stores():
            generation_store.read_ahead()
        while not self._stopping.is_set():
            self._work.wait(ROUND_SECONDS)
            self._work.clear()
            for generation_store in self._generation_stores():
                try:
                    self._keep(generation_store)
                    self._troubles.pop(generation_store.name, None)
                except (StoreUnavailable, OSError) as error:
                    self._tell(generation_store.name, str(error))

    def _tell(self, name: str, trouble: str) -> None:
        """Log each problem once, however often the step is retried."""
        if self._troubles.get(name) != trouble:
            self._troubles[name] = trouble
            log.error("housekeeping of %s failed and will be retried: %s", name, trouble)

    def _keep(self, generation_store: GenerationStore) -> None:
        until = time.monotonic() + ROUND_SECONDS
        while not self._stopping.is_set() and generation_store.catch_up():
            self._stopping.wait(PAUSE_SECONDS)
            if time.monotonic() > until:
                self._work.set()
                break
        quiet = time.time() - generation_store.written_at
        if generation_store.unflushed >= FLUSH_ROWS or (generation_store.unflushed and quiet >= FLUSH_QUIET_SECONDS):
            generation_store.settle()
            with self._writing:
                generation_store.flush()
        settled = quiet >= SAVE_QUIET_SECONDS and not generation_store.index.behind()
        due = settled or time.time() - self._saved_at >= SAVE_EVERY_SECONDS
        if generation_store.stale and due and not self._stopping.is_set():
            generation_store.save()
            self._saved_at = time.time()
