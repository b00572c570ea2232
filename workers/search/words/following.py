"""Keeps the columns of the library's tracks fresh, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from broker.events import EventSubscriber
from contract.errors import MeshError
from contract.events import LabelsChanged, LibraryChanged
from contract.library import LibraryClient
from contract.track import TaggedTrack
from workers.runtime.service import WorkerContext
from workers.search.words.gathering import Heard, read_labels, read_tags, snapshot
from workers.search.words.tracks import Tracks

log = logging.getLogger(__name__)

#: Seconds between two readings if no change is announced: events can get lost.
ASK_EVERY = 60.0
#: Seconds between two readings of labels while tracks lack them: the last change of a job may go unannounced.
ASK_LABELS = 5.0
#: Seconds before a retry if the library did not answer.
ASK_AGAIN = 2.0
#: Least seconds between two readings, and as a multiple of what one took.
REST = 1.0
SHARE = 10
#: Seconds between checks for a stop, and the longest that a stop waits.
LOOK = 0.5
STOP = 2.0


class TracksWatch:
    """Reads tags and labels whenever they change, and passes each new snapshot to `take`."""

    def __init__(self, mesh: WorkerContext, events: str, take: Callable[[Tracks], None]) -> None:
        """`events` is the endpoint where subscribers connect."""
        self._library = LibraryClient(mesh.client)
        self._events = events
        self._take = take
        self._heard = Heard()
        self._tagged: list[TaggedTrack] = []
        self._made: tuple[list[TaggedTrack], int] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="words-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading."""
        self._stopping.set()
        self._thread.join(STOP)

    def _follow(self) -> None:
        subscriber = EventSubscriber(self._events, [LibraryChanged.topic, LabelsChanged.topic])
        tags_due = labels_due = rested = 0.0
        while not self._stopping.is_set():
            now = time.monotonic()
            if now >= max(min(tags_due, labels_due), rested):
                answered = self._read(with_tags=now >= tags_due)
                took = time.monotonic() - now
                rested = now + took + max(REST, SHARE * took)
                if now >= tags_due:
                    tags_due = time.monotonic() + (ASK_EVERY if answered else ASK_AGAIN)
                lacking = len(self._heard.scores) < len(self._tagged)
                labels_due = time.monotonic() + (ASK_LABELS if lacking else ASK_EVERY)
            heard = subscriber.receive(LOOK)
            if heard is not None:
                labels_due = 0.0
                tags_due = 0.0 if heard[0] == LibraryChanged.topic else tags_due
        subscriber.close()

    def _read(self, *, with_tags: bool) -> bool:
        """Returns whether the library answered."""
        try:
            if with_tags:
                tagged = read_tags(self._library, self._stopping.is_set)
                self._heard.keep(tagged, before=self._tagged)
                self._tagged = tagged
            self._read_labels()
        except MeshError as error:
            log.debug("the library's tags cannot be read now: %s", error.message)
            return False
        state = (self._tagged, self._heard.revision)
        if state != self._made and not self._stopping.is_set():
            self._take(snapshot(self._tagged, self._heard))
            self._made = state
        return True

    def _read_labels(self) -> None:
        """Tags are useful even without labels: if the library cannot send those, ask again later."""
        try:
            read_labels(self._library, self._heard, self._stopping.is_set)
        except MeshError as error:
            log.debug("the library's labels cannot be read now: %s", error.message)
