"""The labels that a row of a list shows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract.errors import DeadlineExceeded, NoWorker
from contract.labels import LabelledTrack, LabelledTracks, SoundFacts, TrackLabel
from contract.library import Library
from gateway.explore.labels import labels_of, telling
from tests.unit.gateway.people.doubles import MeshDouble


def label(name: str, score: float) -> TrackLabel:
    return TrackLabel(name=name, kind="mood", score=score, accuracy="unmeasured")


def labelled(**labels: list[TrackLabel]) -> LabelledTracks:
    return LabelledTracks(
        tracks=[LabelledTrack(track_id=name, labels=found, facts=SoundFacts()) for name, found in labels.items()]
    )


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ([0.99, 0.9, 0.75, 0.74, 0.5], 3),
        ([0.99, 0.98, 0.97, 0.96, 0.95], 4),
        ([0.74], 0),
        ([], 0),
    ],
)
def test_few_labels_are_shown_and_only_those_that_tell_something(scores: list[float], shown: int) -> None:
    labels = [label(f"l{number}", score) for number, score in enumerate(scores)]

    assert telling(labels) == labels[:shown]


def test_they_are_asked_for_once_for_the_whole_list() -> None:
    mesh = MeshDouble((Library.labels, labelled(a=[label("slow", 0.9), label("soft", 0.6)], b=[])))

    found = asyncio.run(labels_of(mesh.finder, ["a", "b"]))

    assert found == {"a": [label("slow", 0.9)], "b": []}
    assert mesh.asked["labels.get"].track_ids == ["a", "b"]  # type: ignore[attr-defined]


def test_an_empty_list_asks_nobody() -> None:
    assert asyncio.run(labels_of(MeshDouble().finder, [])) == {}


@pytest.mark.parametrize("error", [NoWorker("no library"), DeadlineExceeded("too late")])
def test_a_list_comes_without_labels_where_the_library_does_not_answer(error: Exception) -> None:
    def fail(_request: Any) -> LabelledTracks:
        raise error

    assert asyncio.run(labels_of(MeshDouble((Library.labels, fail)).finder, ["a"])) == {}
