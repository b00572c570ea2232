"""Who can be trained, and what is refused before anything is read."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from broker.vectors import Vectors
from contract.errors import InvalidRequest, TextUnavailable
from tests.harness.planted_captions import bag_of_words
from workers.models.training.captions import TrackTags
from workers.models.training.possible import check_possible
from workers.models.training.train import training_data


def test_a_model_that_can_read_is_not_trained() -> None:
    with pytest.raises(InvalidRequest, match="muq already understands texts"):
        check_possible("muq")


def test_an_unknown_model_is_told_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="spectral"):
        check_possible("polka")


def test_without_torch_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(TextUnavailable, match=r"torch.*make models"):
        check_possible("spectral")


def test_every_text_is_read_once_and_belongs_to_its_tracks() -> None:
    # Given two tracks of one style, and one that only a comment describes
    tracks = [
        TrackTags("t1", "a", "River", ("Jazz",), ("calm",)),
        TrackTags("t2", "a", "Snow", ("Jazz",), ("calm",)),
        TrackTags("t3", "b", "Signal", comment="recorded at sea"),
    ]
    read: list[str] = []

    def encode(texts: list[str]) -> Vectors:
        read.extend(texts)
        return bag_of_words(texts)

    # When their texts are encoded
    found = training_data(tracks, np.eye(3, dtype=np.float32), encode)

    # Then each different text was read once, and every track has the rows of its own
    assert len(read) == len(set(read))
    assert found.owners.tolist() == [0] * 5 + [1] * 5 + [2] * 3
    assert np.allclose(found.texts[found.full], bag_of_words([read[0], "calm jazz, Snow", "Signal, recorded at sea"]))
    assert np.allclose(found.texts[found.styled[:2]], bag_of_words(["calm jazz"] * 2))
    assert found.styled[2] == found.full[2]
