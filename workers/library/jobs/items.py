"""The order of work: long tracks start early, beside the others, so that a job does not end with a long wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.ledger import LedgerRow

#: Seconds from which a track is long.
LONG_SECONDS: Final = 480.0
#: One of this many consecutive tracks is long, while there are long ones.
LONG_EVERY: Final = 4


@dataclass(slots=True, eq=False)
class Item:
    """One track of a job with one model.

    `late`: how many deadlines it missed; `first`: it goes before the others; `stages`: seconds by stage.
    """

    entry: CatalogueTrack
    row: LedgerRow
    path: str
    audio_id: str = ""
    late: int = 0
    first: bool = False
    stages: dict[str, float] = field(default_factory=dict)


class WorkQueue:
    """The items to start, in order, read from their sources as needed: news first, retries last."""

    def __init__(self, long: Iterable[Item], short: Iterable[Item]) -> None:
        self._long = _Source(long)
        self._short = _Source(short)
        self._first: deque[Item] = deque()
        self._again: deque[Item] = deque()
        self._turn = 0

    def __bool__(self) -> bool:
        return bool(self._first or self._long or self._short or self._again)

    def take(self) -> Item:
        """Return the next item. Raises `IndexError` if there is none."""
        if self._first:
            return self._first.popleft()
        self._turn += 1
        if self._long and (self._turn % LONG_EVERY == 1 or not self._short):
            return self._long.take()
        return self._short.take() if self._short else self._again.popleft()

    def first(self, items: Iterable[Item]) -> None:
        """Put these before all others, but behind those of earlier calls."""
        for item in items:
            item.first = True
            self._first.append(item)

    def later(self, item: Item) -> None:
        """Retry an item after the others."""
        self._again.append(item)


class _Source:
    """An iterator that knows whether it has more."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self._next = next(self._items, None)

    def __bool__(self) -> bool:
        return self._next is not None

    def take(self) -> Item:
        if self._next is None:
            raise IndexError("nothing left")
        item, self._next = self._next, next(self._items, None)
        return item
