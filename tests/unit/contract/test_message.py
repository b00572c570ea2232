"""Messages are packed completely, read strictly, and equal on both sides."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, field
from typing import Annotated

import pytest
from annotated_types import Ge, Le, MaxLen
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from broker.wire import pack_map, unpack_map
from contract.events import TrackEnded
from contract.fields import INTEGRAL, Between, Doc, FailFast, Models, NullIsEmpty, Vector
from contract.message import Message, common, fields_of, message, plain
from contract.reading import UNKNOWN, Mismatch, read


@message
class Seed(Message):
    track_id: str = ""
    weight: Annotated[float, Ge(0)] = 1.0
    embedding: Vector | None = None


@message
class Request(Message):
    limit: Annotated[int, Ge(1), Le(500), INTEGRAL, Doc("most tracks")] = 25
    seeds: Annotated[list[Seed], MaxLen(3), FailFast, NullIsEmpty] = field(default_factory=list)
    models: Models | None = None


@message
class Bounded(Message):
    length: Annotated[int, Between(10, 100), INTEGRAL]


@message
class Extended(Request):
    user: str


SEEDS = st.builds(Seed, track_id=st.text(max_size=8), weight=st.floats(0, 1e6))
REQUESTS = st.builds(
    Request,
    limit=st.integers(1, 500),
    seeds=st.lists(SEEDS, max_size=3),
    models=st.none() | st.lists(st.text(min_size=1, max_size=8), max_size=3),
)


@given(REQUESTS)
def test_what_is_packed_is_read_again(request: Request) -> None:
    assert read(Request, unpack_map(pack_map(request))) == request


@given(REQUESTS)
def test_plain_is_what_the_wire_carries(request: Request) -> None:
    assert plain(request) == unpack_map(pack_map(request))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"limit": "25"}, "limit: Input should be a valid integer"),
        ({"limit": True}, "limit: Input should be a valid integer"),
        ({"limit": 501}, "limit: Input should be less than or equal to 500"),
        ({"seeds": [{"weight": -1}]}, "seeds.0.weight: Input should be greater than or equal to 0"),
        ({"seeds": [{"weight": float("nan")}]}, "seeds.0.weight: Input should be a finite number"),
        ({"seeds": [{"embedding": []}]}, "seeds.0.embedding: List should have at least 1 item"),
        ({"lmit": 3}, f"lmit: {UNKNOWN}"),  # codespell:ignore lmit
        ({"seeds": [{"wieght": 3}]}, f"seeds.0.wieght: {UNKNOWN}"),  # codespell:ignore wieght
        (7, "Input should be a dictionary"),
    ],
)
def test_what_does_not_fit_names_its_field(value: object, said: str) -> None:
    with pytest.raises(Mismatch, match=f"^{said.replace('.', '[.]')}"):
        read(Request, value)


@pytest.mark.parametrize("value", [9, 101, 25.5, "25", True, None])
def test_bounds_are_told_together(value: object) -> None:
    with pytest.raises(Mismatch, match=r"^length: expected a whole number from 10 to 100$"):
        read(Bounded, {"length": value})


def test_bounds_are_in_the_description() -> None:
    assert read(Bounded, {"length": 25.0}) == Bounded(length=25)
    described = TypeAdapter(Bounded).json_schema()["properties"]["length"]
    assert (described["type"], described["minimum"], described["maximum"]) == ("integer", 10, 100)


def test_json_numbers_and_null_lists_are_taken() -> None:
    assert read(Request, {"limit": 25.0, "seeds": None}) == Request()


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Request().limit = 3  # type: ignore[misc]


def test_common_takes_what_both_have() -> None:
    extended = Extended(user="ada", limit=7)
    assert common(extended, Request, models=["muq"]) == Request(limit=7, models=["muq"])


def test_a_field_that_is_left_out_is_absent_while_it_is_none() -> None:
    ended = TrackEnded(track_id="1", model="muq", ok=True, seconds=0.5)
    assert "error" not in fields_of(ended)
    assert fields_of(TrackEnded(track_id="1", model="muq", ok=False, seconds=0, error="x"))["error"] == "x"


def test_only_messages_have_fields() -> None:
    with pytest.raises(TypeError, match="object is not a message"):
        pack_map({"a": object()})
