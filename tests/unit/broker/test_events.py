"""What a subscriber makes of frames that anybody may have published."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from broker.events import MAX_EVENT_DEPTH, decode_event
from broker.wire import pack_map

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=9))
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
MAPS = st.dictionaries(st.sampled_from(["ts", "source", "seq", "worker", ""]), VALUES, max_size=5)


@given(
    st.binary(max_size=40), st.one_of(st.binary(max_size=200), MAPS.map(pack_map)), st.lists(st.binary(), max_size=2)
)
def test_any_frames_are_an_event_or_nothing(topic: bytes, body: bytes, more: list[bytes]) -> None:
    received = decode_event([topic, body, *more])
    if received is not None:
        name, event = received
        assert more == []
        assert name.encode() == topic
        assert math.isfinite(event["ts"])
        assert (type(event["source"]), type(event["seq"])) == (str, int)


@given(st.integers(0, 2 * MAX_EVENT_DEPTH))
def test_deep_events_are_dropped(depth: int) -> None:
    value: object = 1
    for _ in range(depth):
        value = [value]
    body = pack_map({"ts": 1.0, "source": "s", "seq": 1, "value": value})
    assert (decode_event([b"t", body]) is not None) == (depth < MAX_EVENT_DEPTH)
