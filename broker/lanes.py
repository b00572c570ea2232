"""The queue of one service: three lanes, most urgent first, without starving any."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from broker.request import OpenRequest
from contract.operation import INTERACTIVE, LANES

#: A lane with work that was passed over this many times is served next.
PATIENCE: Final = 8


class LaneQueue:
    """Requests in order of arrival within each lane. Removing any of them takes constant time."""

    def __init__(self) -> None:
        self._lanes: dict[str, OrderedDict[int, OpenRequest]] = {lane: OrderedDict() for lane in LANES}
        self._passed = dict.fromkeys(LANES, 0)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, request: OpenRequest) -> None:
        self._lanes[request.lane][request.number] = request
        self._size += 1

    def push_front(self, request: OpenRequest) -> None:
        """Put a request back at the head of its lane: a worker had it already."""
        lane = self._lanes[request.lane]
        lane[request.number] = request
        lane.move_to_end(request.number, last=False)
        self._size += 1

    def remove(self, request: OpenRequest) -> bool:
        """Remove a request. Returns False if it does not wait here."""
        if self._lanes[request.lane].pop(request.number, None) is None:
            return False
        self._size -= 1
        return True

    @property
    def is_urgent(self) -> bool:
        """Whether an interactive request waits."""
        return bool(self._lanes[INTERACTIVE])

    def pop_urgent(self) -> OpenRequest:
        """Remove and return the oldest interactive request. Raises `KeyError` if none waits."""
        _, request = self._lanes[INTERACTIVE].popitem(last=False)
        self._size -= 1
        return request

    def pop(self) -> OpenRequest:
        """Remove and return the next request. Raises `IndexError` if none waits."""
        waiting = [lane for lane in LANES if self._lanes[lane]]
        if not waiting:
            raise IndexError("the queue is empty")
        chosen = waiting[0]
        if len(waiting) > 1:
            chosen = self._take_turns(waiting)
        self._size -= 1
        return self._lanes[chosen].popitem(last=False)[1]

    def first(self) -> OpenRequest:
        """Returns the oldest request of the most urgent lane without removing it. Raises `IndexError` if none waits."""
        for requests in self._lanes.values():
            if requests:
                return next(iter(requests.values()))
        raise IndexError("the queue is empty")

    def _take_turns(self, waiting: Sequence[str]) -> str:
        """Returns the most urgent lane, or the most urgent of those that were passed over too often."""
        patient = [lane for lane in waiting if self._passed[lane] >= PATIENCE]
        chosen = (patient or waiting)[0]
        for lane in waiting:
            self._passed[lane] = 0 if lane == chosen else self._passed[lane] + 1
        return chosen

    def depth(self) -> dict[str, int]:
        """Returns the number of waiting requests in each lane."""
        return {lane: len(requests) for lane, requests in self._lanes.items()}
