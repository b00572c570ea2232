from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contract.search import Row
from tests.harness.vectors import rows
from workers.search.recommend.ranking.repeats import repeats
from workers.search.recommend.ranking.similarity import Scores
from workers.search.recommend.ranking.versions import (
    LIKELY,
    NAMED_VERSION,
    SURE,
    VERSION,
    Positions,
    identity_of,
)


def track(**changes: object) -> Row:
    return replace(rows(1)[0], **{"artist": "A", "title": "Song", "audio_id": "", "duration": 200.0, **changes})  # type: ignore[arg-type]  # fields by name


def verdict(one: Row, other: Row, similarity: float, sameness: float | None = None) -> tuple[bool, bool]:
    """Whether the other is the same recording, and whether it is the same song."""
    heard = np.array([similarity], np.float32), np.array([similarity if sameness is None else sameness], np.float32)

    def hear(_one: Positions, _other: Positions) -> tuple[Scores, Scores]:
        return heard

    identity = identity_of([one, other])
    found = [bool(repeats(identity[[0]], identity[[1]], hear, songs)[0, 0]) for songs in (False, True)]
    return found[0], found[1]


def test_equal_audio_is_the_same_recording_whatever_the_tags() -> None:
    assert verdict(track(audio_id="x"), track(audio_id="x", title="Other", duration=9.0), 0.0) == (True, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"artist": "The A"},
        {"artist": "A feat. B"},
        {"artist": "B", "title": "Something else"},
        {"title": "03 Song"},
        {"title": "Lied (neu abgemischt)"},
        {"artist": "", "artist_id": "", "title": ""},
    ],
)
def test_what_is_as_long_and_sounds_the_same_is_the_same_whatever_the_tags(changes: dict[str, str]) -> None:
    assert verdict(track(duration=200.0), track(duration=201.5, **changes), SURE) == (True, True)
    assert verdict(track(duration=200.0), track(duration=203.0, artist="B", title="C"), 1.0) == (False, False)


@pytest.mark.parametrize("changes", [{}, {"artist": "The A feat. B", "title": "03. SONG"}])
def test_where_the_tags_agree_too_the_sound_may_differ_more(changes: dict[str, str]) -> None:
    assert verdict(track(), track(**changes), 0.0, LIKELY)[0]
    assert not verdict(track(), track(artist="B"), 0.0, (LIKELY + SURE) / 2)[0]


def test_two_takes_that_are_almost_as_long_are_told_by_the_sound() -> None:
    # Given a file with a coder's padding, and another take, both with the same tags
    coded, take = track(duration=200.4), track(duration=198.2)
    # Then
    assert verdict(track(duration=200.0), coded, 0.0, LIKELY)[0]
    assert not verdict(track(duration=200.0), take, 0.0, (LIKELY + SURE) / 2)[0]
    assert verdict(track(duration=200.0), take, 0.0, SURE)[0]


def test_what_is_short_or_of_unknown_length_is_not_told_by_its_sound_alone() -> None:
    # Given silences, jingles and rows without a duration
    for duration in (0.0, 4.0):
        one, other = track(title="Hush", duration=duration), track(title="Quiet", duration=duration)
        # Then
        assert verdict(one, other, 1.0) == (False, False)
        assert verdict(one, replace(other, title="Hush"), 1.0) == (True, True)


def test_equal_tags_alone_are_different_music() -> None:
    assert verdict(track(title="Intro"), track(title="Intro"), 0.5) == (False, False)


def test_equal_tags_of_another_length_are_at_most_a_version() -> None:
    assert verdict(track(duration=200.0), track(duration=230.0), VERSION + 0.01) == (False, True)
    assert verdict(track(duration=200.0), track(duration=230.0), VERSION - 0.01) == (False, False)


@pytest.mark.parametrize(
    "title", ["Song (Live)", "Song (en vivo)", "Song [2011 Digital Remaster]", "Song - Single Edit"]
)
def test_a_title_that_names_a_version_is_believed_unless_it_sounds_like_something_else(title: str) -> None:
    version = track(title=title, duration=260.0)
    assert verdict(track(), version, NAMED_VERSION) == (False, True)
    assert verdict(track(), version, NAMED_VERSION - 0.1) == (False, False)
    assert verdict(track(), replace(version, artist="B"), 0.8) == (False, False)


def test_a_remix_has_to_sound_like_it() -> None:
    remix = track(title="Song (Someone Remix)", duration=260.0)
    assert verdict(track(), remix, VERSION + 0.01) == (False, True)
    assert verdict(track(), remix, 0.5) == (False, False)


def test_two_takes_are_two_performances() -> None:
    # Given takes that sound very much alike, and as long as each other
    one, other = track(title="Song (Take 1)"), track(title="Song (Take 2)")
    assert verdict(one, other, 0.985) == (False, False)


def test_a_medley_is_none_of_its_parts() -> None:
    assert verdict(track(title="Medley: Song / Other"), track(duration=95.0), 1.0) == (False, False)


def test_the_same_title_of_another_artist_is_another_song() -> None:
    assert verdict(track(), track(artist="B", duration=260.0), 0.98) == (False, False)
