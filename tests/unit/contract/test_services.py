"""The contract as a whole: every operation, event, error and warning is named once and can be read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from broker.wire import pack_map, unpack_map
from contract.embedding import Embedding, embedding_service, model_of
from contract.errors import ERRORS, MeshError
from contract.event import Event
from contract.events import EVENTS, LibraryChanged, read_event
from contract.library import Library
from contract.mesh import Management
from contract.message import Message, fields_of, plain
from contract.operation import Operation, operations_of
from contract.reading import read
from contract.search import PlaylistOptions, RecommendRequest, Search
from contract.warnings import Warned, WarningCode, once
from contract.worker import PrivateWorker, is_private, worker_service

SERVICES: list[type[Any]] = [Search, Library, Embedding, PrivateWorker, Management]
OPERATIONS = [operation for service in SERVICES for operation in operations_of(service)]
SNAKE = re.compile(r"[a-z]+(_[a-z]+)*")


def name_of(operation: Operation[Any, Any]) -> str:
    return operation.name


def test_every_operation_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(map(name_of, OPERATIONS)).items() if times > 1] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_an_operation_is_described(operation: Operation[Any, Any]) -> None:
    assert operation.meaning.endswith(".")
    for kind in (operation.request, operation.reply):
        names = {field.name for field in fields(kind)}
        assert issubclass(kind, Message)
        assert is_dataclass(kind)
        assert kind.__doc__
        assert not kind.__doc__.startswith(f"{kind.__name__}(")  # the docstring that a dataclass generates
        schema = TypeAdapter(kind).json_schema()
        assert schema.get("additionalProperties") is False
        assert set(get_type_hints(kind)) >= names


@pytest.mark.parametrize("topic", EVENTS)
def test_an_event_lies_under_its_topic(topic: str) -> None:
    kind = EVENTS[topic]
    assert issubclass(kind, Event)
    assert kind.topic == topic
    assert kind.__doc__


@given(st.builds(LibraryChanged, **{field.name: st.integers(0, 10**6) for field in fields(LibraryChanged)}))
def test_an_event_is_read_with_or_without_its_stamp(event: LibraryChanged) -> None:
    sent = fields_of(event)
    assert read_event(event.topic, sent) == event
    assert read_event(event.topic, {**sent, "ts": 1.0, "source": "library", "seq": 7}) == event


def test_what_is_no_event_of_ours_is_none() -> None:
    assert read_event("weather", {"rain": True}) is None
    assert read_event(LibraryChanged.topic, {"new": "many"}) is None


def test_codes_are_snake_case_and_named_once() -> None:
    codes = [*ERRORS, *WarningCode]
    assert all(SNAKE.fullmatch(code) for code in codes)
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("kind", ERRORS.values(), ids=lambda kind: kind.code)
def test_an_error_has_a_status_and_a_meaning(kind: type[MeshError]) -> None:
    assert 400 <= kind.status < 600
    assert kind.__doc__


def test_warnings_are_told_once() -> None:
    first = Warned(code=WarningCode.SHORT_LIST, message="3 of 25 tracks")
    other = Warned(code=WarningCode.NO_SEEDS, message="no seeds")
    assert once([first, other, first]) == [first, other]
    assert plain(first) == {"code": "short_list", "message": "3 of 25 tracks", "detail": None}
    assert read(Warned, unpack_map(pack_map(first))) == first


def test_names_of_services() -> None:
    assert embedding_service("muq") == "embed.muq"
    assert model_of("embed.muq") == "muq"
    assert model_of("search") is None
    assert is_private(worker_service("muq_01"))
    assert not is_private("search")


def test_a_recommendation_asks_for_all_that_a_playlist_may() -> None:
    shared = {field.name for field in fields(PlaylistOptions)}
    assert shared < {field.name for field in fields(RecommendRequest)}
