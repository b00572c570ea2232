"""Tempo, years and keys in a text."""

from __future__ import annotations

import pytest

from contract.labels import KEYS
from workers.search.words.folding import fold
from workers.search.words.limits import FASTEST, FIRST_YEAR, LAST_YEAR, SLOWEST, read_limits


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("120 bpm", 115.2, 124.8),
        ("around 100 BPM", 92, 108),
        ("over 140 bpm", 140, FASTEST),
        ("slower than 80bpm", SLOWEST, 80),
        ("between 90 and 110 bpm", 90, 110),
        ("90-110 bpm techno", 90, 110),
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
    ],
)
def test_years(text: str, first: int, last: int) -> None:
    assert read_limits(fold(text))[0].years == (first, last)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("in A minor", {"A minor"}),
        ("in c# major", {"C# major"}),
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
