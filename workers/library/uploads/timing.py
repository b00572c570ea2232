"""How long an upload may take, and whether anybody still wants it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import Final, TypeVar

from contract.errors import Conflict, DeadlineExceeded

#: Seconds between two looks while something is waited for.
LOOK_SECONDS: Final = 0.2

T = TypeVar("T")


class GivenUp(Conflict):
    """Whoever asked is gone."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`deadline` in unix seconds; `given_up` is set once nobody waits for the result any more."""

    deadline: float
    given_up: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds(self) -> float:
        """What is left; at least a moment, so that it can be a timeout."""
        return max(self.deadline - time.time(), 0.01)

    def check(self, what: str) -> None:
        """Raises `DeadlineExceeded` that says `what` once the time is over, `GivenUp` once nobody waits."""
        if self.given_up.is_set():
            raise GivenUp("whoever uploaded is gone; nothing was kept of it")
        if time.time() >= self.deadline:
            raise DeadlineExceeded(f"{what}; nothing was kept of it")

    def wait(self, future: Future[T], what: str) -> T:
        """The result of `future`, or its error. Raises as `check`."""
        while True:
            try:
                return future.result(min(self.seconds, LOOK_SECONDS))
            except NotYet:
                self.check(what)
