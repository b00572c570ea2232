"""How long an upload may take."""

from __future__ import annotations

import time
from dataclasses import dataclass

from broker.errors import DeadlineExceeded


@dataclass(frozen=True, slots=True)
class Limit:
    """`deadline` in unix seconds."""

    deadline: float

    @property
    def seconds(self) -> float:
        """What is left; at least a moment, so that it can be a timeout."""
        return max(self.deadline - time.time(), 0.01)

    def check(self, what: str) -> None:
        """Raises `DeadlineExceeded` that says `what` once the time is over."""
        if time.time() >= self.deadline:
            raise DeadlineExceeded(f"{what}; nothing was kept of it")
