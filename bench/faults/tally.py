"""What became of the requests of one round."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

#: Columns of a round's line.
COLUMNS: Final = ("sent", "answered", "failed", "lost", "twice", "wrong", "seconds to recover")


@dataclass(slots=True)
class Tally:
    """Counts of one round. Thread-safe.

    `failed` counts error codes; `lost` requests got no answer at all; `twice` is the number of surplus answers.
    """

    sent: int = 0
    answered: int = 0
    wrong: int = 0
    lost: int = 0
    twice: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    #: Monotonic times of right answers.
    times: list[float] = field(default_factory=list)
    #: Other problems, in words.
    trouble: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self) -> None:
        with self._lock:
            self.sent += 1

    def right(self) -> None:
        with self._lock:
            self.answered += 1
            self.times.append(time.monotonic())

    def mistake(self, what: str) -> None:
        """Count a wrong answer."""
        with self._lock:
            self.answered += 1
            self.wrong += 1
            self.trouble.append(what)

    def fail(self, code: str) -> None:
        with self._lock:
            self.failed[code] += 1

    def expect(self, condition: bool, what: str) -> None:
        """Record `what` unless the condition holds."""
        if not condition:
            with self._lock:
                self.trouble.append(what)

    def add(self, other: Tally) -> None:
        """Add the counts of another load of the same round."""
        self.sent += other.sent
        self.answered += other.answered
        self.wrong += other.wrong
        self.lost += other.lost
        self.twice += other.twice
        self.failed += other.failed
        self.trouble += other.trouble

    def silence(self, since: float) -> float:
        """Returns the longest time without a right answer after `since` (monotonic seconds)."""
        times = sorted([since, *(each for each in self.times if each > since)])
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    @property
    def good(self) -> bool:
        """Whether every request got its one right answer."""
        return not (self.wrong or self.lost or self.twice or self.failed or self.trouble) and self.answered == self.sent


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one fault; `recovery` in seconds."""

    name: str
    tally: Tally
    recovery: float

    def line(self) -> str:
        tally = self.tally
        counts = (tally.sent, tally.answered, tally.failed.total(), tally.lost, tally.twice, tally.wrong)
        numbers = " ".join(f"{count:>8}" for count in counts)
        told = "; ".join([*(f"{code} {number}x" for code, number in tally.failed.items()), *tally.trouble[:3]])
        return f"{self.name:<28} {numbers} {self.recovery:>8.2f} s  {told}".rstrip()


def heading() -> str:
    """Returns the line above rounds."""
    return f"{'fault':<28} " + " ".join(f"{name:>8}" for name in COLUMNS[:-1]) + f" {'recovery':>10}"


Fault = Callable[[Tally], float]
