from __future__ import annotations

from broker.inflight import BUCKET_SECONDS, InFlight
from broker.request import OpenRequest


def request(number: int, client: bytes = b"c", deadline: float = 100.0, descriptor: int = 5) -> OpenRequest:
    return OpenRequest(number, client, b"s", "s", "batch", (b"body",), deadline, f"r{number}", False, descriptor)


def test_request_is_found_until_it_is_removed() -> None:
    table = InFlight()
    kept = request(1)
    table.add(kept)
    assert table.find(b"c", "r1") is kept
    table.remove(kept)
    assert table.find(b"c", "r1") is None
    assert (len(table), kept.closed, kept.body) == (0, True, ())


def test_connection_is_that_of_the_request() -> None:
    # Given a client that came back on another connection
    table = InFlight()
    old, new, other = request(1), request(2, descriptor=6), request(3, b"d", descriptor=7)
    for each in (old, new, other):
        table.add(each)
    # Then the end of the old one takes only what came through it
    assert table.of_connection(5) == [old]
    assert table.of_connection(6) == [new]
    assert table.of_connection(99) == []


def test_descriptor_of_a_new_client_is_no_longer_the_old_ones() -> None:
    table = InFlight()
    first, second = request(1, b"c"), request(2, b"d")
    table.add(first)
    table.add(second)
    assert table.of_connection(5) == [second]
    table.remove(first)
    assert table.of_connection(5) == [second]


def test_due_comes_after_the_deadline_and_soon() -> None:
    table = InFlight()
    late, early = request(1, deadline=50.05), request(2, deadline=20.0)
    table.add(late)
    table.add(early)
    assert table.due(19.9) == []
    assert table.due(20.0 + 2 * BUCKET_SECONDS) == [early]
    assert table.due(1000.0) == [early, late]
