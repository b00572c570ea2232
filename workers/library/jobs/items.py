"""The order of work: long tracks are started early, beside the others, so that a job does not end with a long wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from workers.library.state.catalogue import Entry
from workers.library.state.ledger import LedgerRow

#: Seconds from which a track counts as long.
LONG_SECONDS: Final = 480.0
#: Of so many tracks in a row one is long, as long as there are any.
LONG_EVERY: Final = 4


@dataclass(slots=True, eq=False)
class Item:
    """One track of a job with one model. `late`: how often its deadline passed; `stages`: seconds by stage."""

    entry: Entry
    row: LedgerRow
    path: str
    audio_id: str = ""
    late: int = 0
    stages: dict[str, float] = field(default_factory=dict)


class WorkQueue:
    """Items to start, in order; what must be tried again comes last."""

    def __init__(self, items: Iterable[Item]) -> None:
        every = list(items)
        long = [item for item in every if item.entry.duration >= LONG_SECONDS]
        self._long = deque(sorted(long, key=lambda item: item.entry.duration, reverse=True))
        self._short = deque(item for item in every if item.entry.duration < LONG_SECONDS)
        self._turn = 0

    def __len__(self) -> int:
        return len(self._long) + len(self._short)

    def take(self) -> Item:
        """The next item. Raises `IndexError` where there is none."""
        take_long = self._long and (self._turn % LONG_EVERY == 0 or not self._short)
        self._turn += 1
        return self._long.popleft() if take_long else self._short.popleft()

    def later(self, item: Item) -> None:
        """Try an item again after the others."""
        self._short.append(item)
