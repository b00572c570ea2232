"""Texts in lists: as seeds beside tracks, as prompts to avoid, without the encoder, and on what the store holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.answering import MODEL, Answering
from bench.heard import heard_library
from contract.errors import InvalidRequest
from contract.search import MAX_TEXT_SEEDS, RecommendRequest, Seed
from contract.warnings import WarningCode
from tests.integration.workers.search.words.conftest import Ask


def styles(answering: Answering, request: RecommendRequest) -> list[str]:
    found = answering.engine.recommend(request)
    known = {"piano", "strings", "techno", "chiptune", "metal", "ambient", "jazz", "choir"}
    return [next(iter(traits & known)) for traits in answering.traits(found)]


def of_style(answering: Answering, style: str) -> list[str]:
    return [track_id for track_id, traits in answering.library.traits.items() if style in traits]


def test_a_text_beside_a_track_brings_both(ask: Ask) -> None:
    answering = ask("demo")
    seeds = [Seed(track_id=of_style(answering, "choir")[0]), Seed(text="techno")]

    found = styles(answering, RecommendRequest(seeds=seeds, limit=10))

    assert found.count("choir") >= 2 and found.count("techno") >= 2


def test_prompts_to_avoid_push_back_what_answers_them(ask: Ask) -> None:
    answering = ask("demo")
    seeds = [Seed(track_id=track_id) for style in ("piano", "metal") for track_id in of_style(answering, style)[:3]]
    request = RecommendRequest(seeds=seeds, limit=8)

    plain = styles(answering, request)
    avoiding = styles(
        answering, RecommendRequest(seeds=seeds, limit=8, negative_texts=["metal"], negative_prompt_penalty=0.3)
    )

    assert avoiding.count("metal") < plain.count("metal")


def test_reasons_name_the_words(ask: Ask) -> None:
    found = ask("demo").list_for("calm piano, no drums", 5)

    assert all(track.reason.startswith("matches ") and "piano" in track.reason for track in found.tracks)
    assert all(0 <= track.score <= 1 for track in found.tracks)


def test_excluded_tracks_stay_away(ask: Ask) -> None:
    answering = ask("demo")
    excluded = of_style(answering, "piano")

    found = answering.engine.recommend(RecommendRequest(seeds=[Seed(text="piano")], exclude_track_ids=excluded))

    assert found.tracks
    assert not {track.track_id for track in found.tracks} & set(excluded)


def test_nothing_understood_is_an_empty_list(ask: Ask) -> None:
    found = ask("demo").list_for("qwertzuiop")

    assert not found.tracks
    assert WarningCode.TEXT_NOT_UNDERSTOOD in {warning.code for warning in found.warnings}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("techno from 1996", "from 1996"),
        ("1920s", "from the 1920s"),
        ("jazz before the 1930s", "before the 1930s"),
    ],
)
def test_years_that_no_track_is_of_are_named(ask: Ask, text: str, told: str) -> None:
    found = ask("demo").list_for(text)

    assert not found.tracks
    assert [(warning.code, warning.message) for warning in found.warnings] == [
        (WarningCode.WORDS_UNMET, f"no track is {told}"),
        (WarningCode.SHORT_LIST, f"0 of 25 tracks: only tracks {told} count"),
    ]


def test_years_without_tracks_are_named_beside_other_seeds_too(ask: Ask) -> None:
    answering = ask("demo")
    seeds = [Seed(track_id=of_style(answering, "choir")[0]), Seed(text="from 1996")]

    found = answering.engine.recommend(RecommendRequest(seeds=seeds, limit=5))

    assert len(found.tracks) == 5
    assert [warning.message for warning in found.warnings] == ["no track is from 1996"]


def test_a_list_that_is_short_because_of_its_years_says_so(ask: Ask) -> None:
    answering = ask("demo")
    sixties = len(of_style(answering, "1960s"))

    found = answering.list_for("from the sixties", 2 * sixties)

    assert 0 < len(found.tracks) <= sixties
    [warning] = found.warnings
    assert warning.code == WarningCode.SHORT_LIST
    assert warning.message.endswith("tracks: only tracks from the sixties count")


def test_too_many_texts_are_refused(ask: Ask) -> None:
    seeds = [Seed(text=f"piano {number}") for number in range(MAX_TEXT_SEEDS + 1)]

    with pytest.raises(InvalidRequest, match="seeds") as refused:
        ask("demo").engine.recommend(RecommendRequest(seeds=seeds))
    assert (refused.value.detail or {})["field"] == "seeds"


def test_hidden_tracks_do_not_come(ask: Ask) -> None:
    answering = ask("demo")
    hidden = frozenset(of_style(answering, "jazz"))
    answering.store.hide(hidden)
    try:
        found = answering.list_for("jazz")
    finally:
        answering.store.hide(frozenset())

    assert not {track.track_id for track in found.tracks} & hidden


def test_without_the_encoder_phrases_are_read_and_the_rest_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an installation without the weights
    monkeypatch.setattr("workers.models.sentence.locations.MODULE", "not_there")
    answering = Answering(tmp_path, heard_library("demo"))
    # When
    found = answering.list_for("piano on a gloomy tuesday afternoon")
    answering.close()
    # Then
    assert found.tracks
    [warning] = [each for each in found.warnings if each.code == WarningCode.WORDS_UNKNOWN]
    assert "tuesday" in warning.message and "pip install" in warning.message
    assert found.tracks[0].models == [MODEL]
