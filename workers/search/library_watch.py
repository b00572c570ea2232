"""Facts from the library that affect lists: which tracks vanished and which tracks are unlisted.

The store keeps rows of vanished tracks for a while, but no answer may name them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from broker.events import EventSubscriber
from contract.errors import MeshError
from contract.events import LibraryChanged
from contract.library import Library, LibraryClient, UnlistedKinds
from contract.message import Message, Nothing
from contract.operation import BlockingCall, Operation
from contract.search import TrackIds
from workers.runtime.service import WorkerContext
from workers.search.recommend.candidates import UnlistedFilter, UnlistedTracks

A = TypeVar("A", bound=Message)

log = logging.getLogger(__name__)

#: Seconds between questions when no change is announced: events can get lost.
ASK_EVERY_SECONDS: Final = 60.0
#: Seconds before a retry if the library did not answer, and the longest wait for an answer.
ASK_AGAIN_SECONDS: Final = 2.0
PATIENCE: Final = 10.0
#: Seconds between checks for a stop, and the longest that a stop waits for the library's answer.
LOOK_SECONDS: Final = 0.5
STOP: Final = 2.0


class LibraryQuery(Generic[A]):
    """An operation of the library and the function that takes its answer; `take` returns a line for the log."""

    def __init__(self, operation: Operation[Nothing, A], take: Callable[[A], str]) -> None:
        self.operation = operation
        self._take = take
        self._known: A | None = None

    def ask(self, client: LibraryClient) -> A:
        """Returns the answer. Raises the errors of the library."""
        return BlockingCall(self.operation, client)(Nothing(), timeout=PATIENCE)

    def know(self, answer: A) -> None:
        """Passes an answer on if it differs from the last one."""
        if answer != self._known:
            log.info("%s", self._take(answer))
            self._known = answer


def questions(hide: Callable[[frozenset[str]], None], unlisted: UnlistedFilter) -> tuple[LibraryQuery[Any], ...]:
    """Returns the questions for vanished tracks, passed to `hide`, and for unlisted tracks."""

    def take_vanished(answer: TrackIds) -> str:
        vanished = frozenset(answer.track_ids)
        hide(vanished)
        return f"{len(vanished)} vanished tracks are hidden"

    def take_unlisted(answer: UnlistedKinds) -> str:
        kinds = tuple(UnlistedTracks(kind.by, frozenset(kind.track_ids)) for kind in answer.kinds)
        unlisted.know(kinds)
        return f"{len(unlisted.beside(()))} tracks are of {len(kinds)} kinds that lists leave out"

    return LibraryQuery(Library.missing, take_vanished), LibraryQuery(Library.unlisted, take_unlisted)


class LibraryWatch:
    """Asks the library in its own thread and passes on each answer that changed."""

    def __init__(self, mesh: WorkerContext, events: str, queries: Sequence[LibraryQuery[Any]]) -> None:
        """`events` is the endpoint where subscribers connect."""
        self._library = LibraryClient(mesh.client)
        self._events = events
        self._asked = queries
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="library-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop asking."""
        self._stopping.set()
        self._thread.join(STOP)

    def _follow(self) -> None:
        subscriber = EventSubscriber(self._events, [LibraryChanged.topic])
        due = 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= due:
                answered = [self._ask(question) for question in self._asked]
                due = time.monotonic() + (ASK_EVERY_SECONDS if all(answered) else ASK_AGAIN_SECONDS)
            if subscriber.receive(LOOK_SECONDS) is not None:
                due = 0.0
        subscriber.close()

    def _ask(self, question: LibraryQuery[Any]) -> bool:
        """Returns whether the library answered."""
        if self._stopping.is_set():
            return True
        try:
            answer = question.ask(self._library)
        except MeshError as error:
            log.debug("the library does not answer %s: %s", question.operation.name, error.message)
            return False
        if not self._stopping.is_set():
            question.know(answer)
        return True
