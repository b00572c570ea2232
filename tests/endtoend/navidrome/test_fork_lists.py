"""The recommender fork's Explore page on a fresh installation, which has none of the models that it names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.endtoend.navidrome.fork import Fork
from tests.endtoend.navidrome.judging import check_list, check_warnings, default_model, heard

SEEDS = {"recent": 10, "favorites": 5, "all": 12, "discovery": 12}


def songs(fork: Fork, model: str) -> dict[str, Any]:
    return heard(fork.mesh, model, fork.town.admin.songs())


@pytest.mark.parametrize("limit", [25, 100])
@pytest.mark.parametrize("mode", ["recent", "favorites", "all", "discovery"])
def test_lists_from_what_alice_heard_and_loves(fork: Fork, mode: str, limit: int) -> None:
    # When
    shown, exchange = fork.ask(mode, limit=limit, diversity=0.6 if mode == "discovery" else 0.15)
    # Then the mesh answered with as many tracks as there are
    model = default_model(fork.mesh)
    assert exchange.status == 200, exchange.answered
    assert exchange.asked["models"] == ["muq"]
    assert len(exchange.asked["seeds"]) >= SEEDS[mode]
    ids = check_list(exchange.asked, exchange.answered, songs(fork, model), model)
    check_warnings(exchange.answered["warnings"], ["muq"], model)
    # And the page shows these; only where there are no more does the fork add what she has just heard
    assert shown["trackIds"][: len(ids)] == ids
    added = shown["trackIds"][len(ids) :]
    assert set(added) <= {seed["track_id"] for seed in exchange.asked["seeds"]}
    assert not added or len(ids) < limit


def test_lists_from_songs_of_her_choice(fork: Fork) -> None:
    chosen = [fork.town.song("Garage Tapes/01 - First River.wav"), fork.town.song("Strom/03 - Third Room.opus")]
    for wish in ({}, {"models": ["muq", "mert", "latent"], "mergeStrategy": "intersection", "minModelAgreement": 2}):
        shown, exchange = fork.ask("custom", songIds=chosen, **wish)
        model = default_model(fork.mesh)
        ids = check_list(exchange.asked, exchange.answered, songs(fork, model), model)
        check_warnings(exchange.answered["warnings"], exchange.asked["models"], model)
        assert shown["trackIds"] == ids
        assert not set(ids) & set(chosen)


def test_words_to_avoid_never_cost_the_list(fork: Fork) -> None:
    shown, exchange = fork.ask("recent", negativePrompts=["sad", "screaming"], negativePromptPenalty=0.3)
    model = default_model(fork.mesh)
    assert exchange.asked["negative_prompts"] == ["sad", "screaming"]
    assert check_list(exchange.asked, exchange.answered, songs(fork, model), model) == shown["trackIds"]


def test_what_she_excludes_stays_away(fork: Fork) -> None:
    # Given a playlist and a first list
    shown, _ = fork.ask("recent")
    one, other, *_ = shown["trackIds"]
    made = fork.alice.rest("createPlaylist", name="Enough of it", songId=[one])["playlist"]["id"]
    try:
        # When
        again, exchange = fork.ask("recent", excludePlaylistIds=[made], excludeTrackIds=[other])
    finally:
        fork.alice.rest("deletePlaylist", id=made)
    # Then
    assert not {one, other} & set(again["trackIds"])
    model = default_model(fork.mesh)
    assert len(check_list(exchange.asked, exchange.answered, songs(fork, model), model)) == 25
