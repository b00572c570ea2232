"""Which tracks Navidrome no longer has: their rows are kept for a while, but no answer may name them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from broker.errors import MeshError
from broker.events import EventSubscriber
from workers.service import Mesh

log = logging.getLogger(__name__)

#: The event after which the library is asked again, and seconds after which it is asked without one: events get lost.
CHANGED = "library.changed"
ASK_EVERY = 60.0
#: Seconds until the library is asked again after it did not answer, and that it may take to answer.
ASK_AGAIN = 2.0
PATIENCE = 10.0
#: Seconds between two looks whether to stop, and that a stop waits for the library's answer at most.
LOOK = 0.5
STOP = 2.0


class VanishedWatch:
    """Asks the library in a thread of its own; gives the ids to `hide` whenever they are other ones."""

    def __init__(self, mesh: Mesh, events: str, hide: Callable[[frozenset[str]], None]) -> None:
        """`events`: the endpoint where subscribers connect."""
        self._mesh = mesh
        self._events = events
        self._hide = hide
        self._known: frozenset[str] = frozenset()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="vanished", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()
        self._thread.join(STOP)

    def _follow(self) -> None:
        subscriber = EventSubscriber(self._events, [CHANGED])
        due = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= due:
                due = time.monotonic() + (ASK_EVERY if self._ask() else ASK_AGAIN)
            if subscriber.receive(LOOK) is not None:
                due = 0.0
        subscriber.close()

    def _ask(self) -> bool:
        """Whether the library answered."""
        try:
            answer = self._mesh.client.call("library", "tracks.missing", timeout=PATIENCE)
        except MeshError as error:
            log.debug("the library does not say which tracks vanished: %s", error.message)
            return False
        vanished = frozenset(answer.result["track_ids"])
        if vanished != self._known and not self._stopping.is_set():
            self._known = vanished
            log.info("%d tracks have vanished: no answer names them", len(vanished))
            self._hide(vanished)
        return True
