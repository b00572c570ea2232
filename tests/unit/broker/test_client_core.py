from __future__ import annotations

import time

import pytest

from broker import wire
from broker.client_core import GRACE_SECONDS, OpenCalls, Outcome, closed, new_call
from broker.wire import Reply, reply_body, split_request
from contract.errors import DeadlineExceeded, MeshError
from contract.operation import Buffer


class Caller:
    """An open-calls table and the outcomes that came out of it."""

    def __init__(self) -> None:
        self.calls = OpenCalls()
        self.outcomes: list[Outcome] = []

    def open(self, timeout: float = 30.0, lane: str = "interactive") -> list[Buffer]:
        call = new_call("echo", "op", {"n": 1}, [b"blob"], timeout, lane, "trace", self.outcomes.append)
        return self.calls.add(call)

    def answer(self, request_id: str, command: bytes = wire.CLIENT_FINAL) -> None:
        self.calls.receive([wire.CLIENT, command, b"echo", *reply_body(request_id, Reply({"ok": 1}))])


def request_id(message: list[Buffer]) -> str:
    return split_request(message[3:])[0].id


def test_frames_are_a_request() -> None:
    message = Caller().open(lane="batch")
    header, params, blobs = split_request(message[3:])
    assert message[:3] == [wire.CLIENT, wire.CLIENT_REQUEST, b"echo@batch"]
    assert (header.op, header.attempt, header.trace) == ("op", 1, "trace")
    assert (params, blobs) == ({"n": 1}, [b"blob"])


def test_reply_settles_its_call_once() -> None:
    caller = Caller()
    first, second = request_id(caller.open()), request_id(caller.open())
    caller.answer(second)
    caller.answer(second)
    assert caller.outcomes == [Reply({"ok": 1}, [])]
    caller.answer(first)
    assert len(caller.outcomes) == 2


def test_what_is_no_reply_is_dropped() -> None:
    caller = Caller()
    mine = request_id(caller.open())
    caller.answer("somebody else's")
    caller.answer(mine, wire.CLIENT_PARTIAL)
    for frames in ([], [b"x"] * 5, [wire.CLIENT, wire.CLIENT_FINAL, b"echo", b"no map", b""]):
        caller.calls.receive(frames)
    assert caller.outcomes == []
    assert len(caller.calls) == 1


def test_resend_counts_attempts_and_keeps_the_id() -> None:
    caller = Caller()
    first = caller.open()
    caller.calls.resend()
    [again] = caller.calls.resend()
    assert request_id(again) == request_id(first)
    assert split_request(again[3:])[0].attempt == 3


def test_silence_ends_in_deadline_exceeded() -> None:
    caller = Caller()
    caller.open(timeout=-GRACE_SECONDS - 1)
    caller.open(timeout=30)
    caller.calls.expire()
    assert [type(outcome) for outcome in caller.outcomes] == [DeadlineExceeded]


def test_cancel_takes_back_what_is_open() -> None:
    caller = Caller()
    mine = request_id(caller.open())
    message = caller.calls.cancel(mine)
    assert message is not None
    assert message[2] == b"mmi.cancel"
    assert split_request(message[3:])[1] == {"id": mine}
    assert caller.calls.cancel(mine) is None
    assert caller.outcomes == []


def test_closing_fails_the_rest() -> None:
    caller = Caller()
    caller.open()
    caller.calls.fail_all(closed())
    assert isinstance(caller.outcomes[0], MeshError)
    assert len(caller.calls) == 0


def test_unknown_lane_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="lane"):
        Caller().open(lane="express")


def expired(request_id: str) -> list[Buffer]:
    return [wire.CLIENT, wire.CLIENT_FINAL, b"echo", *reply_body(request_id, DeadlineExceeded("too late"))]


def test_a_call_outlives_the_setting_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given an open call, and a clock that somebody sets an hour ahead
    caller = Caller()
    mine = request_id(caller.open(timeout=30))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    # Then it does not expire here, and is sent again if another process says that it has
    caller.calls.expire()
    again = caller.calls.receive(expired(mine))
    assert again is not None
    header = split_request(again[3:])[0]
    assert (header.id, header.attempt) == (mine, 2)
    assert header.deadline == pytest.approx(real() + 3630, abs=5)
    assert caller.outcomes == []
    # But only once for one setting
    assert caller.calls.receive(expired(mine)) is None
    assert [type(outcome) for outcome in caller.outcomes] == [DeadlineExceeded]


def test_a_clock_that_is_set_back_makes_no_call_wait_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller()
    caller.open(timeout=-GRACE_SECONDS - 1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    caller.calls.expire()
    assert [type(outcome) for outcome in caller.outcomes] == [DeadlineExceeded]


def test_deadlines_are_believed_while_nobody_sets_the_clock() -> None:
    caller = Caller()
    mine = request_id(caller.open())
    assert caller.calls.receive(expired(mine)) is None
    assert [type(outcome) for outcome in caller.outcomes] == [DeadlineExceeded]
