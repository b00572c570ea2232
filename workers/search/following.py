"""What the library knows that lists depend on: which tracks are gone, and which lists leave out.

Rows of vanished tracks are kept for a while, but no answer may name them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from broker.events import EventSubscriber
from contract.errors import MeshError
from contract.events import LibraryChanged
from workers.runtime.service import Mesh
from workers.search.recommend.unlisted import Unlisted, kinds_from_wire

log = logging.getLogger(__name__)

#: The event after which the library is asked again, and seconds after which it is asked without one: events get lost.
CHANGED = LibraryChanged.topic
ASK_EVERY = 60.0
#: Seconds until the library is asked again after it did not answer, and that it may take to answer.
ASK_AGAIN = 2.0
PATIENCE = 10.0
#: Seconds between two looks whether to stop, and that a stop waits for the library's answer at most.
LOOK = 0.5
STOP = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """An operation of the library, and who takes what it answers; it returns a line for the log."""

    op: str
    take: Callable[[Mapping[str, Any]], str]


def questions(hide: Callable[[frozenset[str]], None], unlisted: Unlisted) -> tuple[Question, ...]:
    """Which tracks vanished, for `hide`, and which ones lists leave out."""

    def take_vanished(answer: Mapping[str, Any]) -> str:
        vanished = frozenset(answer["track_ids"])
        hide(vanished)
        return f"{len(vanished)} tracks have vanished: no answer names them"

    def take_unlisted(answer: Mapping[str, Any]) -> str:
        kinds = kinds_from_wire(answer["kinds"])
        unlisted.know(kinds)
        return f"{len(unlisted.beside(()))} tracks are of {len(kinds)} kinds that lists leave out"

    return Question("tracks.missing", take_vanished), Question("tracks.unlisted", take_unlisted)


class LibraryWatch:
    """Asks the library in a thread of its own; passes on its answers whenever they are other ones."""

    def __init__(self, mesh: Mesh, events: str, asked: Sequence[Question]) -> None:
        """`events`: the endpoint where subscribers connect."""
        self._mesh = mesh
        self._events = events
        self._asked = asked
        self._known: dict[str, Mapping[str, Any]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="library-watch", daemon=True)
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
                answered = [self._ask(question) for question in self._asked]
                due = time.monotonic() + (ASK_EVERY if all(answered) else ASK_AGAIN)
            if subscriber.receive(LOOK) is not None:
                due = 0.0
        subscriber.close()

    def _ask(self, question: Question) -> bool:
        """Whether the library answered."""
        if self._stopping.is_set():
            return True
        try:
            answer = self._mesh.client.call("library", question.op, timeout=PATIENCE).result
        except MeshError as error:
            log.debug("the library does not answer %s: %s", question.op, error.message)
            return False
        if answer != self._known.get(question.op) and not self._stopping.is_set():
            log.info("%s", question.take(answer))
            self._known[question.op] = answer
        return True
