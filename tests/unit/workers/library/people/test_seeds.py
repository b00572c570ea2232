"""Seeds and their weights, by mode."""

from __future__ import annotations

from typing import Any

import pytest

from contract.people import Mode, Plan, PlanRequest, Preferences
from contract.search import Seed
from tests.harness.people_data import DAY, NOW, heard, history
from workers.library.people.dislikes import RatingEffects
from workers.library.people.plan import PersonData, plan, seeds_for
from workers.library.people.records import NavidromeUser, Opinion, PlayHistory
from workers.library.people.seeds import MAX_SEEDS, blend, custom, favorites, recent, weight_of, with_positives

NOBODY = RatingEffects((), {})
ALICE = NavidromeUser("id-alice", "alice", False, frozenset({2, 1}))


def wish(mode: Mode, **wanted: Any) -> PlanRequest:
    return PlanRequest(user_name="alice", mode=mode, **wanted)


def planned(asked: PlanRequest, known: PersonData, preferences: Preferences | None = None) -> Plan:
    return plan(asked, ALICE, known, NOBODY, NOBODY, preferences or Preferences(), NOW)


def seed(track_id: str, weight: float, source: str) -> Seed:
    return Seed(track_id=track_id, weight=weight, source=source)


def weights(seeds: list[Seed]) -> dict[str, object]:
    return {seed.track_id: pytest.approx(seed.weight) for seed in seeds}


def test_weight_of_the_nth_seed() -> None:
    assert [weight_of(n) for n in range(4)] == [1, 1 / 2, 1 / 3, 1 / 4]
    assert weight_of(50) == 0.1


def test_recent_is_newest_first_within_the_window_and_without_dislikes() -> None:
    known = history(heard("b", days=3), heard("a", days=1), heard("old", days=61), heard("bad", days=2, rating=1))
    assert weights(recent(known, NOW - 60 * DAY)) == {"a": 1, "b": 0.5}


def test_favorites_are_starred_or_rated_above_two() -> None:
    known = history(
        heard("starred", loved=2),
        heard("three", rating=3, loved=1),
        heard("two", rating=2, loved=0),
        heard("played", days=1),
    )
    assert weights(favorites(known)) == {"three": 1, "starred": 0.5}


def test_starred_albums_and_artists_count_half_and_take_one_place() -> None:
    # Given an album starred last, a track starred before, and an artist starred long ago
    known = PlayHistory(
        {each.track_id: each for each in (heard("own", loved=5), heard("bad", rating=1), heard("in", loved=9))},
        {"A": Opinion(starred=True, loved_at=NOW)},
        {"B": Opinion(starred=True, loved_at=NOW - 99 * DAY)},
        {("album", "A"): ["x", "y", "bad", "own"], ("artist", "B"): ["z", "x"]},
    )
    # Then neither a dislike counts, nor does a track twice
    assert weights(favorites(known)) == {"x": 0.5, "y": 0.5, "own": 0.5, "in": 1 / 3, "z": 0.125}


def test_blend_adds_what_is_both() -> None:
    both = blend([seed("a", 1.0, "recent"), seed("b", 0.5, "recent")], [seed("b", 1.0, "favorite")], 0.8)
    assert weights(both) == {"b": 1.3, "a": 1.0}


def test_custom_songs_and_albums() -> None:
    assert weights(custom([["s1"], ["s2"]])) == {"s1": 1, "s2": 1 - 1 / 3}
    assert weights(custom([["s1"], ["t1", "t2", "t3"]])) == {
        "s1": 1,
        "t1": 2 / 3,
        "t2": 2 / 3 * 0.85,
        "t3": 2 / 3 * 0.85**2,
    }


def test_positives_weigh_more_or_join() -> None:
    assert weights(with_positives([seed("a", 0.5, "recent")], ["a", "new", "new"])) == {"a": 0.56, "new": 1.12}


def test_there_are_never_too_many() -> None:
    known = history(*(heard(f"t{n}", days=n / 100) for n in range(2 * MAX_SEEDS)))
    assert len(recent(known, 0)) == MAX_SEEDS
    assert recent(known, 0)[0].track_id == "t0"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("recent", {"played": 1.0}),
        ("favorites", {"loved": 1.0}),
        ("all", {"played": 1.0, "loved": 0.85}),
        ("discovery", {"played": 1.0, "loved": 0.85}),
        ("custom", {"given": 1.0}),
        ("text", {}),
    ],
)
def test_each_mode_has_its_seeds(mode: Mode, expected: dict[str, float]) -> None:
    known = PersonData(history(heard("played", days=1), heard("loved", loved=1)), [["given"]])
    assert weights(seeds_for(wish(mode), known, Preferences(), NOW)) == expected


def test_discovery_explores_and_leaves_out_everything_played() -> None:
    known = PersonData(history(heard("played", days=1), heard("ages", days=900), heard("loved", loved=1)))
    asked = planned(wish("discovery"), known)
    assert asked.diversity == 0.6
    assert set(asked.exclude_track_ids) == {"played", "ages"}
    least = planned(wish("discovery", diversity=0.1), known)
    assert least.diversity == 0.3
    assert planned(wish("all"), known).exclude_track_ids == []


def test_a_plan_has_the_persons_length_diversity_and_dislikes() -> None:
    preferences = Preferences(mix_length=33, base_diversity=0.4, low_rating_penalty=0.5)
    known = PersonData(history(heard("bad", rating=2), heard("t", days=1)), excluded=["listed"])
    asked = planned(wish("recent", exclude_track_ids=["no"]), known, preferences)
    assert (asked.limit, asked.diversity, asked.dislike_strength) == (33, 0.4, 0.0)
    assert asked.library_ids == [1, 2]
    assert (asked.disliked_track_ids, asked.exclude_track_ids) == (["bad"], ["no", "listed"])
    told = planned(wish("recent", negative_track_ids=["n"], limit=5, diversity=0), known, preferences)
    assert (told.limit, told.diversity, told.dislike_strength) == (5, 0, 0.5)
    assert told.disliked_track_ids == ["bad", "n"]


def test_a_positive_that_may_not_be_seen_does_not_count() -> None:
    known = PersonData(history(), visible=frozenset({"mine"}))
    asked = planned(wish("text", positive_track_ids=["mine", "other"]), known)
    assert [each.track_id for each in asked.seeds] == ["mine"]
