from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.search.data import rows
from workers.search.ranking.versions import base_title, identity_of, same_recording, same_song
from workers.search.rows import Row


@pytest.mark.parametrize(
    ("title", "base"),
    [
        ("Song (Live at Montreux 1999)", "song"),
        ("Song [2011 Remaster]", "song"),
        ("Song - Remastered 2009", "song"),
        ("Song – Radio Edit", "song"),
        ("SONG  (Acoustic Version)", "song"),
        ("Song (Part 1)", "song (part 1)"),
        ("Song - Part 2", "song - part 2"),
        ("Live and Let Die", "live and let die"),
        ("Alive", "alive"),
        ("(Live)", "(live)"),
        ("Delivery (feat. Someone)", "delivery (feat. someone)"),
    ],
)
def test_only_words_of_versions_are_left_out(title: str, base: str) -> None:
    assert base_title(title) == base


def track(**changes: object) -> Row:
    return replace(rows(1)[0], **{"artist": "A", "title": "Song", "audio_id": "", **changes})  # type: ignore[arg-type]  # fields by name


def verdict(one: Row, other: Row, similarity: float) -> tuple[bool, bool]:
    """Whether the other is the same recording, and whether it is the same song."""
    identity, values = identity_of([one, other]), np.array([1, similarity], np.float32)
    return bool(same_recording(identity, 0, values)[1]), bool(same_song(identity, 0, values)[1])


def test_equal_audio_is_the_same_recording_whatever_the_tags() -> None:
    assert verdict(track(audio_id="x"), track(audio_id="x", title="Other", duration=9.0), 0.0) == (True, True)


def test_an_unknown_audio_is_equal_to_nothing() -> None:
    assert verdict(track(title="One"), track(title="Two"), 1.0) == (False, False)


def test_another_encoding_is_the_same_recording() -> None:
    assert verdict(track(duration=200.0), track(duration=201.5), 0.985) == (True, True)


def test_equal_tags_alone_are_different_music() -> None:
    assert verdict(track(title="Intro"), track(title="Intro"), 0.5) == (False, False)


def test_equal_tags_of_another_length_are_at_most_a_version() -> None:
    assert verdict(track(duration=200.0), track(duration=230.0), 0.99) == (False, True)


def test_a_live_version_is_the_same_song_where_it_sounds_like_it() -> None:
    live = track(title="Song (Live)", duration=260.0)
    assert verdict(track(), live, 0.91) == (False, True)
    assert verdict(track(), live, 0.89) == (False, False)


def test_the_same_title_of_another_artist_is_another_song() -> None:
    assert verdict(track(), track(artist="B"), 0.99) == (False, False)


def test_tracks_without_tags_are_never_folded() -> None:
    assert verdict(track(artist="", artist_id="", title=""), track(artist="", artist_id="", title=""), 1.0) == (
        False,
        False,
    )
