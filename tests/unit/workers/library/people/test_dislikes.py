"""Penalties of albums and artists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.people_data import heard
from workers.library.people.dislikes import penalties, rating_effects
from workers.library.people.records import Opinion, PlayedTrack, PlayHistory


def of(*tracks: PlayedTrack, album: Opinion | None = None, artist: Opinion | None = None) -> PlayHistory:
    return PlayHistory(
        {each.track_id: each for each in tracks},
        {"a": album} if album else {},
        {"b": artist} if artist else {},
    )


@pytest.mark.parametrize(("stars", "album", "artist"), [(1, 0.95, 0.85), (2, 0.7, 0.65)])
def test_penalty_is_share_times_strength(stars: int, album: float, artist: float) -> None:
    known = of(heard("bad", rating=stars), heard("t1", days=1), heard("t2", rating=5), heard("t3", loved=1))
    assert penalties("album", known, 0.8) == {"a": pytest.approx(album * 0.8 / 4)}
    assert penalties("artist", known, 0.8) == {"b": pytest.approx(artist * 0.8 / 4)}


def test_one_bad_track_does_not_ban_an_artist_and_nothing_else_does() -> None:
    effects = rating_effects("artist", of(heard("bad", rating=1), *(heard(f"t{n}", days=1) for n in range(4))), 0.85)
    assert effects.rejected == ()
    assert effects.factors == {"b": pytest.approx(1 - 0.85 * 0.85 / 5)}


def test_half_and_more_rejects() -> None:
    only = rating_effects("album", of(heard("bad", rating=1)), 0.85)
    assert (only.rejected, only.factors) == (("a",), {})
    assert rating_effects("album", of(heard("bad", rating=1), heard("t", days=1)), 1.0).rejected == ()


def test_what_is_rated_itself() -> None:
    assert penalties("album", of(heard("t", days=1), album=Opinion(rating=2)), 1.0) == {"a": pytest.approx(0.7)}
    assert penalties("artist", of(artist=Opinion(rating=1)), 1.0) == {"b": pytest.approx(0.85)}


@pytest.mark.parametrize("opinion", [Opinion(starred=True), Opinion(rating=4), Opinion(rating=5)])
def test_what_is_loved_itself_has_no_penalty(opinion: Opinion) -> None:
    assert penalties("artist", of(heard("bad", rating=1), artist=opinion), 1.0) == {}
    assert penalties("album", of(heard("bad", rating=1), album=opinion), 1.0) == {}


def test_unknown_artists_have_nothing_in_common() -> None:
    assert penalties("artist", of(heard("bad", rating=1, by="", of="")), 1.0) == {}


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.floats(0.3, 1))
def test_another_good_track_never_makes_it_worse(ratings: list[int], strength: float) -> None:
    tracks = [heard(f"t{n}", rating=rating, days=1) for n, rating in enumerate(ratings)]
    before = penalties("artist", of(*tracks), strength).get("b", 0.0)
    after = penalties("artist", of(*tracks, heard("good", rating=5)), strength).get("b", 0.0)
    assert 0 <= after <= before <= 0.85
