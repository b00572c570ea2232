"""The time limit of an upload, and whether its caller still wants the result."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import Final, TypeVar

from contract.errors import Conflict, DeadlineExceeded

#: Seconds between checks while waiting.
LOOK_SECONDS: Final = 0.2

T = TypeVar("T")


class GivenUp(Conflict):
    """The caller is gone."""


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """`deadline` is in unix seconds; `given_up` is set once nobody wants the result any more."""

    deadline: float
    given_up: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds(self) -> float:
        """The seconds left; always above 0, so that they can serve as a timeout."""
        return max(self.deadline - time.time(), 0.01)

    def check(self, what: str) -> None:
        """Raise `GivenUp` if nobody wants the result, or `DeadlineExceeded` with `what` if the time is up."""
        if self.given_up.is_set():
            raise GivenUp("the uploader has disconnected; nothing was kept")
        if time.time() >= self.deadline:
            raise DeadlineExceeded(f"{what}; nothing was kept")

    def wait(self, future: Future[T], what: str) -> T:
        """Return the result of `future`. Raises its error, and what `check` raises."""
        while True:
            try:
                return future.result(min(self.seconds, LOOK_SECONDS))
            except NotYet:
                self.check(what)
