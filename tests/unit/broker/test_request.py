"""How the broker reads the header of a request: by places if one of our own clients packed it, else as a map."""

from __future__ import annotations

import math

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

from broker.request import FOREIGN_DEADLINE_SECONDS, LONGEST_DEADLINE_SECONDS, read_header
from broker.wire import MAX_HEADER_BYTES, Header, new_id, pack_map, read_id_and_deadline
from contract.operation import LANES

NOW = 1_000_000.0
FOREIGN = ("", NOW + FOREIGN_DEADLINE_SECONDS)

headers = st.builds(
    Header,
    id=st.builds(new_id),
    op=st.text(max_size=60),
    deadline=st.floats(allow_nan=False),
    attempt=st.integers(1, 2**31),
    trace=st.text(max_size=80),
    lane=st.sampled_from(LANES),
)


def read(frame: bytes) -> tuple[str, float]:
    """The same from a received frame as from bytes."""
    told = read_header([zmq.Frame(frame)], NOW)
    assert read_header([frame], NOW) == told
    return told


@given(headers)
def test_a_packed_header_is_read_by_its_places(header: Header) -> None:
    packed = header.pack()
    assert read_id_and_deadline(packed) == (header.id, header.deadline)
    assert Header.unpack(packed) == header
    assert read(packed) == (header.id, min(header.deadline, NOW + LONGEST_DEADLINE_SECONDS))


@given(headers, st.randoms(use_true_random=False))
def test_another_order_of_the_fields_is_read_as_a_map(header: Header, chance: object) -> None:
    fields = list(zip(Header.__slots__, (getattr(header, name) for name in Header.__slots__), strict=True))
    chance.shuffle(fields)  # type: ignore[attr-defined]
    assert read(pack_map(dict(fields))) == (header.id, min(header.deadline, NOW + LONGEST_DEADLINE_SECONDS))


@given(headers, st.data())
def test_half_a_header_is_foreign_or_has_both_fields(header: Header, data: st.DataObject) -> None:
    packed = header.pack()
    half = packed[: data.draw(st.integers(0, len(packed) - 1))]
    assert read(half) in {FOREIGN, (header.id, min(header.deadline, NOW + LONGEST_DEADLINE_SECONDS))}


@given(st.binary(max_size=200))
def test_any_bytes_are_read(frame: bytes) -> None:
    request_id, deadline = read(frame)
    assert deadline <= NOW + LONGEST_DEADLINE_SECONDS
    assert request_id or deadline == FOREIGN[1]


@pytest.mark.parametrize("identity", ["1", "x" * 31, "x" * 33, "é" * 16, "-" * 32])
def test_ids_of_other_clients_are_read_as_well(identity: str) -> None:
    packed = Header(identity, "op", NOW + 1).pack()
    assert read_id_and_deadline(packed) is None
    assert read(packed) == (identity, NOW + 1)


def test_a_deadline_that_is_no_number_makes_a_header_foreign() -> None:
    assert read(Header(new_id(), "op", math.nan).pack()) == FOREIGN
    assert read(pack_map({"deadline": math.nan, "id": "1"})) == FOREIGN
    assert read(pack_map({"deadline": "soon", "id": "1"})) == FOREIGN


def test_a_header_beyond_its_limit_is_foreign() -> None:
    assert read(Header(new_id(), "o" * MAX_HEADER_BYTES, NOW).pack()) == FOREIGN
