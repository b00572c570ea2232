"""How warnings name the years that a text asks for."""

from __future__ import annotations

import pytest

from workers.search.words.limits import read_limits
from workers.search.words.periods import in_words
from workers.search.words.warnings import no_track_is


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("techno from 1994", "no track is from 1994"),
        ("released in 1994", "no track is from 1994"),
        ("1994", "no track is from 1994"),
        ("80s pop", "no track is from the 80s"),
        ("in the 80s", "no track is from the 80s"),
        ("late nineties", "no track is from the late nineties"),
        ("nineties", "no track is from the nineties"),
        ("from 1990 to 1995", "no track is from 1990 to 1995"),
        ("between 1990 and 1995", "no track is between 1990 and 1995"),
        ("before the 60s", "no track is before the 60s"),
        ("older than 1950", "no track is older than 1950"),
        ("from 2030 on", "no track is from 2030 on"),
        ("not from the 80s", "no track with a year is not from the 80s"),
        ("no 80s", "no track with a year is no 80s"),
    ],
)
def test_years_are_named_as_they_were_typed(text: str, told: str) -> None:
    limits, _ = read_limits(text)

    assert no_track_is(in_words(limits)).message == told
