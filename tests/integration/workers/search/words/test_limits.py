"""Tempo, years and keys in a text."""

from __future__ import annotations

import time

import pytest

from contract.fields import MAX_TEXT
from contract.labels import KEYS
from workers.search.words.folding import fold
from workers.search.words.limits import FASTEST, FIRST_YEAR, LAST_YEAR, SLOWEST, read_limits
from workers.search.words.parser import Parser
from workers.search.words.tracks import no_tracks


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("120 bpm", 115.2, 124.8),
        ("around 100 BPM", 92, 108),
        ("over 140 bpm", 140, FASTEST),
        ("slower than 80bpm", SLOWEST, 80),
        ("between 90 and 110 bpm", 90, 110),
        ("90-110 bpm techno", 90, 110),
        ("tempo 100", 96, 104),
    ],
)
def test_tempo(text: str, low: float, high: float) -> None:
    assert read_limits(fold(text))[0].bpm == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("from 1994", 1994, 1994),
        ("jazz of 1959", 1959, 1959),
        ("80s", 1980, 1989),
        ("the '60s", 1960, 1969),
        ("late nineties", 1996, 1999),
        ("early 2000s", 2000, 2003),
        ("1990 to 1995", 1990, 1995),
        ("before 1980", FIRST_YEAR, 1979),
        ("since 2010", 2010, LAST_YEAR),
        ("after 2010", 2011, LAST_YEAR),
        ("1994 songs", 1994, 1994),
        ("from 2001 soul", 2001, 2001),
        ("before the 80s", FIRST_YEAR, 1979),
        ("since the nineties", 1990, LAST_YEAR),
        ("until 1990", FIRST_YEAR, 1990),
        ("from 1990 on", 1990, LAST_YEAR),
        ("the 60s and 70s", 1960, 1979),
    ],
)
def test_years(text: str, first: int, last: int) -> None:
    assert read_limits(fold(text))[0].years == (first, last)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("in A minor", {"A minor"}),
        ("in c# major", {"C# major"}),
        ("C# minor piano", {"C# minor"}),
        ("a D-major piece", {"D major"}),
        ("piano in b flat major", {"A# major"}),
        ("in a minor key", {key for key in KEYS if key.endswith("minor")}),
    ],
)
def test_keys(text: str, keys: set[str]) -> None:
    found = read_limits(fold(text))[0].keys

    assert found is not None
    assert {KEYS[number] for number in found} == keys


def test_what_is_read_is_cut_out() -> None:
    limits, rest = read_limits(fold("fast techno at 130 bpm from the 90s"))

    assert limits.bpm_words == "at 130 bpm"
    assert rest.split() == ["fast", "techno"]


def test_numbers_that_are_no_limits_stay() -> None:
    limits, rest = read_limits("8 bit, 303 acid")

    assert not limits
    assert rest == "8 bit, 303 acid"


@pytest.mark.parametrize(
    "text", ["after party", "music for after work", "since you left", "hereafter", "the 30 s intro", "1120 bpm"]
)
def test_words_that_only_look_like_limits_are_none(text: str) -> None:
    assert not read_limits(fold(text))[0]


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("jazz, not from the 80s", "years"),
        ("no later than 1990", "years"),
        ("not faster than 120 bpm", "bpm"),
        ("not in a minor key", "keys"),
    ],
)
def test_limits_can_be_refused(text: str, facet: str) -> None:
    assert read_limits(fold(text))[0].refused == {facet}


def test_a_negation_further_back_refuses_no_limit() -> None:
    assert not read_limits(fold("no drums, from the 80s"))[0].refused


@pytest.mark.parametrize("unit", [" ", "-", "in a", "0", "from ", "early ", "12 ", "between 90 ", "> "])
def test_the_time_of_long_texts_does_not_explode(unit: str) -> None:
    started = time.process_time()

    Parser(no_tracks(), None).read((unit * MAX_TEXT)[:MAX_TEXT])

    assert time.process_time() - started < 0.2
