from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.lanes import PATIENCE, LaneQueue
from broker.request import OpenRequest
from contract.operation import LANES


def request(number: int, lane: str = "interactive") -> OpenRequest:
    return OpenRequest(number, b"c", b"s", "s", lane, (), 0.0)


def test_order_within_a_lane_is_that_of_arrival() -> None:
    queue = LaneQueue()
    for number in range(3):
        queue.push(request(number))
    queue.push_front(request(9))
    assert [queue.pop().number for _ in range(4)] == [9, 0, 1, 2]
    with pytest.raises(IndexError):
        queue.pop()


def test_removed_request_is_not_popped() -> None:
    queue = LaneQueue()
    gone, stays = request(1), request(2)
    queue.push(gone)
    queue.push(stays)
    assert queue.remove(gone)
    assert not queue.remove(gone)
    assert queue.pop() is stays


@given(st.lists(st.sampled_from(LANES), max_size=60))
def test_nothing_is_lost_and_nobody_waits_for_ever(lanes: list[str]) -> None:
    queue = LaneQueue()
    for number, lane in enumerate(lanes):
        queue.push(request(number, lane))
    assert sum(queue.depth().values()) == len(queue) == len(lanes)
    popped = [queue.pop() for _ in lanes]
    assert sorted(r.number for r in popped) == list(range(len(lanes)))
    for lane in set(lanes):
        places = [place for place, r in enumerate(popped) if r.lane == lane]
        gaps = [b - a for a, b in zip([-1, *places], places, strict=False)]
        assert max(gaps) <= PATIENCE + len(LANES)
