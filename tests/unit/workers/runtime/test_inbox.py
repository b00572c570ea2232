"""The inbox alone: whose turn it is, what is prepared, what is forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from broker.wire import Reply
from contract.errors import DeadlineExceeded, MeshError
from tests.harness.waiting import eventually
from workers.runtime.broker_connection import Address
from workers.runtime.inbox import FAIR_TURN, Inbox, QueuedCall
from workers.runtime.service import Call, Handler, Outcome


def answer_all(calls: Sequence[Call]) -> Sequence[Outcome]:
    return [Reply() for _ in calls]


PLAIN = Handler(answer_all)
BATCHED = Handler(answer_all, batch=3)


def held(name: str, operation: Handler = PLAIN, lane: str = "interactive", registration: int = 1) -> QueuedCall:
    call = Call("op", {}, lane=lane, deadline=time.time() + 60)
    return QueuedCall(name, call, operation, Address(name.encode(), registration))


@pytest.fixture
def answers() -> list[tuple[str, Outcome]]:
    return []


@pytest.fixture
def inbox(answers: list[tuple[str, Outcome]]) -> Iterator[Inbox]:
    one = Inbox(2, lambda held, outcome: answers.append((held.id, outcome)))
    yield one
    one.close()


def taken(inbox: Inbox) -> list[str]:
    return [one.id for one in inbox.take(5.0)]


def test_urgent_lanes_go_first_and_in_order(inbox: Inbox) -> None:
    for name, lane in (
        ("b1", "batch"),
        ("u1", "upload"),
        ("i1", "interactive"),
        ("b2", "batch"),
        ("i2", "interactive"),
    ):
        inbox.put(held(name, lane=lane))
    assert [taken(inbox) for _ in range(5)] == [["i1"], ["i2"], ["u1"], ["b1"], ["b2"]]


def test_the_batch_lane_is_never_starved(inbox: Inbox) -> None:
    # Given
    inbox.put(held("patient", lane="batch"))
    # When: there is always something more urgent
    order = []
    for number in range(FAIR_TURN):
        inbox.put(held(f"urgent {number}"))
        order += taken(inbox)
    # Then
    assert order.index("patient") == FAIR_TURN - 1


def test_an_urgent_call_goes_first_however_many_batches_were_before(inbox: Inbox) -> None:
    for number in range(3 * FAIR_TURN):
        inbox.put(held(f"job {number}", lane="batch"))
    for _ in range(2 * FAIR_TURN):
        inbox.put(held("urgent"))
        assert taken(inbox) == ["urgent"]
        assert taken(inbox)[0].startswith("job")


def test_a_batch_is_of_one_operation_and_lane_and_no_larger_than_its_limit(inbox: Inbox) -> None:
    for number in range(4):
        inbox.put(held(f"i{number}", BATCHED))
    inbox.put(held("other operation"))
    inbox.put(held("b", BATCHED, lane="batch"))
    assert [taken(inbox) for _ in range(4)] == [["i0", "i1", "i2"], ["i3"], ["other operation"], ["b"]]


def test_nothing_there_is_nothing_taken(inbox: Inbox) -> None:
    assert inbox.take(0.01) == []


def test_a_nudge_ends_the_wait(inbox: Inbox) -> None:
    threading.Timer(0.05, inbox.nudge).start()
    began = time.monotonic()
    assert inbox.take(20.0) == []
    assert time.monotonic() - began < 15


def test_a_late_call_is_refused(inbox: Inbox, answers: list[tuple[str, Outcome]]) -> None:
    late = held("late")
    late.until = time.monotonic() - 1
    inbox.put(late)
    inbox.put(held("in time"))
    assert taken(inbox) == ["in time"]
    assert [(name, type(outcome)) for name, outcome in answers] == [("late", DeadlineExceeded)]


def test_a_call_that_is_still_being_prepared_holds_up_nobody(inbox: Inbox) -> None:
    # Given
    go = threading.Event()
    inbox.put(held("slow", Handler(answer_all, prepare=lambda _call: go.wait(30))))
    # When
    inbox.put(held("quick"))
    # Then
    assert taken(inbox) == ["quick"]
    go.set()
    assert taken(inbox) == ["slow"]


def test_the_urgent_call_is_prepared_first(answers: list[tuple[str, Outcome]]) -> None:
    # Given: one thread, at work
    inbox = Inbox(1, lambda held, outcome: answers.append((held.id, outcome)))
    go, prepared = threading.Event(), list[str]()

    def prepare(call: Call) -> None:
        go.wait(30)
        prepared.append(call.lane)

    operation = Handler(answer_all, batch=3, prepare=prepare)
    inbox.put(held("first", operation, lane="upload"))
    eventually(lambda: not inbox._unprepared, "the thread has begun")
    # When
    inbox.put(held("batch", operation, lane="batch"))
    inbox.put(held("urgent", operation))
    go.set()
    # Then
    eventually(lambda: len(prepared) == 3, "all are prepared")
    assert prepared == ["upload", "interactive", "batch"]
    inbox.close()


def test_no_more_is_prepared_ahead_than_can_be_of_use_soon(inbox: Inbox) -> None:
    # Given: two threads, batches of three
    operation = Handler(answer_all, batch=3, prepare=lambda _call: "large")
    calls = [held(str(number), operation, lane="batch") for number in range(9)]
    for call in calls:
        inbox.put(call)
    eventually(lambda: sum(call.prepared for call in calls) == 5, "five are prepared")
    # When
    urgent = held("urgent", operation)
    inbox.put(urgent)
    # Then: the urgent one does not wait for room
    eventually(lambda: urgent.prepared, "the urgent one is prepared")
    assert sum(call.prepared for call in calls) == 5
    assert taken(inbox) == ["urgent"]
    assert taken(inbox) == ["0", "1", "2"]
    eventually(lambda: sum(call.prepared for call in calls) == 8, "three more are prepared")


def test_forgotten_calls_are_discarded_whether_prepared_or_not(
    inbox: Inbox, answers: list[tuple[str, Outcome]]
) -> None:
    # Given
    go, discarded = threading.Event(), list[str]()
    slow = Handler(answer_all, prepare=lambda _call: go.wait(30) or "x", discard=lambda _call: discarded.append("slow"))
    done = Handler(answer_all, prepare=lambda _call: "x", discard=lambda _call: discarded.append("done"))
    being_prepared, prepared = held("slow", slow), held("done", done)
    inbox.put(being_prepared)
    inbox.put(prepared)
    inbox.put(held("stays", registration=2))
    eventually(lambda: prepared.prepared, "one is prepared")
    # When
    gone = inbox.drop(lambda one: one.address.registration == 1)
    go.set()
    # Then
    assert {one.id for one in gone} == {"slow", "done"}
    eventually(lambda: sorted(discarded) == ["done", "slow"], "both are discarded")
    assert taken(inbox) == ["stays"]
    assert not any(isinstance(outcome, MeshError) for _, outcome in answers)
