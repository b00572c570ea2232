"""How well tracks answer a text: labels, facts, tags and limits, on columns that are small enough to read."""

from __future__ import annotations

import numpy as np
import pytest

from contract.labels import FACTS
from contract.vocabulary import NAMES
from workers.search.words.evidence import evidence
from workers.search.words.folding import key
from workers.search.words.parser import Parser
from workers.search.words.tracks import Tracks, places, ranks

#: Tracks of the columns below, and their tempi.
COUNT = 8
BPM = (60, 80, 100, 118, 120, 122, 140, np.nan)


def tracks(**labels: list[int]) -> Tracks:
    """Columns with these labels from 0 to 255; track 7 has not been heard, tracks 0 and 1 are tagged `Polka`."""
    columns = np.zeros((len(NAMES), COUNT), np.uint8)
    for name, values in labels.items():
        columns[NAMES.index(name)] = values
    facts = np.full((len(FACTS), COUNT), np.nan, np.float32)
    facts[FACTS.index("bpm")] = BPM
    return Tracks(
        ids=[f"t{number}" for number in range(COUNT)],
        labels=columns,
        heard=np.arange(COUNT) < COUNT - 1,
        facts=facts,
        years=np.array([0, 1959, 1960, 1969, 1970, 1985, 1994, 2020], np.int16),
        tags={key("Polka"): np.array([0, 1], np.int32)},
        artists={},
        names={key("Polka"): "Polka"},
    )


PIANO = [255, 200, 150, 100, 50, 25, 0, 0]
DRUMS = [255, 0, 0, 255, 0, 0, 255, 0]


def scores(text: str, known: Tracks) -> np.ndarray:
    return evidence(Parser(known, None).read(text), known).scores


def test_a_label_ranks_tracks() -> None:
    found = scores("piano", tracks(piano=PIANO))

    assert list(np.argsort(-found[:7])) == list(range(7))


def test_a_refusal_puts_last_what_has_it() -> None:
    found = scores("piano, no drums", tracks(piano=PIANO, drums=DRUMS))

    assert int(np.argmax(found)) == 1
    assert found[0] < found[2] and found[3] < found[4]


def test_tagged_tracks_come_first_whatever_they_sound_like() -> None:
    found = scores("polka", tracks())

    assert set(np.argsort(-found)[:2].tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("text", "expected"), [("120 bpm", {3, 4, 5}), ("over 130 bpm", {6}), ("between 60 and 100 bpm", {0, 1, 2})]
)
def test_a_tempo_is_a_strong_preference(text: str, expected: set[int]) -> None:
    found = scores(text, tracks())

    assert {row for row in range(COUNT) if found[row] == 1} == expected
    assert (found > 0).all()


def test_years_exclude() -> None:
    found = scores("from the sixties", tracks())

    assert np.flatnonzero(found).tolist() == [2, 3]


def test_refused_years_and_tempi_exclude_only_themselves() -> None:
    assert np.flatnonzero(scores("not from the sixties", tracks())).tolist() == [1, 4, 5, 6, 7]
    slower = scores("not faster than 100 bpm", tracks())
    assert {row for row in range(COUNT) if slower[row] == 1} == {0, 1}


def test_an_unknown_tempo_counts_more_than_a_wrong_one() -> None:
    found = scores("120 bpm", tracks())

    assert found[0] < found[7] < found[4]


def test_a_tempo_that_no_track_has_is_said_instead_of_making_noise() -> None:
    found = evidence(Parser(tracks(), None).read("piano, 300 bpm"), tracks(piano=PIANO))

    assert found.lacking == ("300 bpm",)
    assert [words for words, _ in found.parts] == ["piano"]


def test_what_nothing_tells_is_said() -> None:
    known = tracks()
    known.heard[:] = False

    found = evidence(Parser(known, None).read("piano, in A minor"), known)

    assert found.lacking == ("piano", "in a minor")


def test_places_are_ranks_in_steps() -> None:
    values = np.random.default_rng(0).random(500).astype(np.float32)

    assert np.abs(places(values) - ranks(values)).max() < 0.01
