from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import wire
from broker.wire import Header, Reply, WireError
from contract.errors import ERRORS, Busy, Internal, MeshError
from contract.operation import LANES

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), st.text())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
MAPS = st.dictionaries(st.text(), VALUES, max_size=5)
BLOBS = st.lists(st.binary(max_size=64), max_size=4)


@given(st.text(), st.text(), st.floats(allow_nan=False), st.integers(1, 9), st.text(), MAPS, BLOBS)
def test_request_comes_back_as_it_was(
    request_id: str, op: str, deadline: float, attempt: int, trace: str, params: dict[str, object], blobs: list[bytes]
) -> None:
    header = Header(request_id, op, deadline, attempt, trace)
    assert wire.split_request(wire.request_body(header, params, blobs)) == (header, params, blobs)


@given(st.text(), MAPS, BLOBS)
def test_reply_comes_back_as_it_was(request_id: str, result: dict[str, object], blobs: list[bytes]) -> None:
    reply = Reply(result, blobs)
    assert wire.split_reply(wire.reply_body(request_id, reply)) == (request_id, reply)


@given(st.sampled_from(sorted(ERRORS)), st.text(min_size=1), MAPS)
def test_error_keeps_its_class(code: str, message: str, detail: dict[str, object]) -> None:
    _, outcome = wire.split_reply(wire.reply_body("r", ERRORS[code](message, detail)))
    assert type(outcome) is ERRORS[code]
    assert isinstance(outcome, MeshError)
    assert (outcome.message, outcome.detail) == (message, detail)


def test_unknown_code_is_internal() -> None:
    body = [wire.pack_map({"id": "r", "ok": False, "error": {"code": "new", "message": "m"}}), wire.pack_map({})]
    outcome = wire.split_reply(body)[1]
    assert type(outcome) is Internal
    assert "retry_after" in Busy("full", {"retry_after": 1}).to_wire()["detail"]


@given(st.lists(st.binary(max_size=64), max_size=4))
def test_arbitrary_frames_raise_nothing_but_wire_error(frames: list[bytes]) -> None:
    for split in (wire.split_request, wire.split_reply):
        try:
            split(frames)
        except WireError as error:
            assert str(error)


@given(st.text())
def test_lane_is_one_of_three(name: str) -> None:
    try:
        service, lane = wire.split_lane(name)
    except WireError:
        assert "@" in name or not name
    else:
        assert service
        assert lane in LANES


def test_map_beyond_its_limit_is_refused() -> None:
    with pytest.raises(WireError, match="the limit is 50"):
        wire.unpack_map(wire.pack_map({"x": b"y" * 100}), limit=50)
