"""The captions made from tags, and when there are too few."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.errors import TextUnavailable
from tests.harness.planted_captions import library
from workers.models.training.captions import TrackTags, captions, check_enough, style, words


def test_captions_go_from_everything_to_one_word() -> None:
    tags = TrackTags("t", "a", "Blue Ferry", ("Jazz", "Bop"), ("warm",), 1962, "trio,  live http://shop.example/1")

    assert captions(tags) == [
        "warm jazz bop, 1960s, Blue Ferry, trio, live",
        "warm jazz bop",
        "jazz",
        "bop",
        "warm",
        "1960s jazz bop",
        "Blue Ferry",
        "trio, live",
    ]
    assert style(tags) == "warm jazz bop"


def test_a_title_or_an_essay_does_not_tell_how_a_track_sounds() -> None:
    assert not TrackTags("t", "a", "Blue Ferry", year=1962).told
    assert not TrackTags("t", "a", "Blue Ferry", comment="all rights reserved " * 20).told
    assert TrackTags("t", "a", "Blue Ferry", moods=("warm",)).told


def test_numbers_and_single_letters_are_no_words() -> None:
    assert words(["A 1960s Jazz-Trio, no. 7", "jazz"]) == {"jazz", "trio", "no"}


def test_too_few_tracks_are_refused_with_their_number() -> None:
    with pytest.raises(TextUnavailable, match=r"only 199 embedded tracks .* 200 are needed"):
        check_enough(library(199))


def test_too_few_words_are_refused_with_their_number() -> None:
    same = [replace(track, title=f"No {row}", moods=()) for row, track in enumerate(library(240))]

    with pytest.raises(TextUnavailable, match="only 7 different words, and 20"):
        check_enough(same)


def test_two_hundred_tracks_with_twenty_words_are_enough() -> None:
    assert check_enough(library(200)) >= 20
