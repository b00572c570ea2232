"""The request table of `POST /playlist/{mode}`: what each field accepts, and what it refuses with its own path."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from contract.search import RecommendRequest
from gateway.http.body import validate
from gateway.playlist.schema import PlaylistRequest, Seed
from tests.harness.gateway_mesh import USER, GatewayMesh

SEED = {"track_id": "T1"}
HUGE = 2**70

ACCEPTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {},
        {"limit": 25, "seeds": [], "diversity": 0.0, "models": None, "merge_strategy": "union", "dislike_strength": 0},
    ),
    ({}, {"model_priorities": {"muq": 1, "mert": 2, "latent": 3}, "min_model_agreement": 1}),
    ({}, {"negative_prompt_penalty": 0.85, "negative_embeddings": None, "library_ids": []}),
    ({"limit": 1}, {"limit": 1}),
    ({"limit": 500}, {"limit": 500}),
    ({"limit": 25.0}, {"limit": 25}),
    ({"seeds": None}, {"seeds": []}),
    ({"diversity": 1}, {"diversity": 1.0}),
    ({"exclude_track_ids": None}, {"exclude_track_ids": []}),
    ({"exclude_track_ids": ["a", "b"]}, {"exclude_track_ids": ["a", "b"]}),
    ({"library_ids": [1, 2]}, {"library_ids": [1, 2]}),
    ({"disliked_track_ids": ["d"], "disliked_artist_ids": ["e"]}, {"disliked_track_ids": ["d"]}),
    ({"disliked_artist_ids": ["e"], "dislike_strength": 1}, {"disliked_artist_ids": ["e"], "dislike_strength": 1}),
    ({"models": ["spectral", "mert"]}, {"models": ["spectral", "mert"]}),
    ({"models": None}, {"models": None}),
    ({"models": []}, {"models": None}),
    ({"merge_strategy": "intersection"}, {"merge_strategy": "intersection"}),
    ({"merge_strategy": "priority"}, {"merge_strategy": "priority"}),
    ({"model_priorities": {"spectral": 7}}, {"model_priorities": {"spectral": 7}}),
    ({"min_model_agreement": 3}, {"min_model_agreement": 3}),
    ({"negative_prompt_penalty": 0.3}, {"negative_prompt_penalty": 0.3}),
    ({"negative_embeddings": None}, {"negative_embeddings": None}),
    ({"negative_embeddings": {"spectral": [[0.5] * 40]}}, {"negative_embeddings": {"spectral": [[0.5] * 40]}}),
    ({"something_new": {"a": [1]}, "mode": "ignored"}, {"limit": 25}),
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"user_id": 7}, "user_id"),
    ({"user_name": None}, "user_name"),
    ({"limit": 0}, "limit"),
    ({"limit": 501}, "limit"),
    ({"limit": 25.5}, "limit"),
    ({"limit": "25"}, "limit"),
    ({"limit": True}, "limit"),
    ({"limit": None}, "limit"),
    ({"limit": HUGE}, "limit"),
    ({"mode": 5}, "mode"),
    ({"seeds": {}}, "seeds"),
    ({"seeds": ["T1"]}, "seeds.0"),
    ({"seeds": [SEED, {"weight": 1}]}, "seeds.1.track_id"),
    ({"seeds": [{**SEED, "weight": -0.1}]}, "seeds.0.weight"),
    ({"seeds": [{**SEED, "weight": "1"}]}, "seeds.0.weight"),
    ({"seeds": [{**SEED, "source": 1}]}, "seeds.0.source"),
    ({"seeds": [{**SEED, "played_at": "yesterday"}]}, "seeds.0.played_at"),
    ({"seeds": [{**SEED, "played_at": "2026-13-03T20:15:09Z"}]}, "seeds.0.played_at"),
    ({"seeds": [{**SEED, "played_at": 1700000000}]}, "seeds.0.played_at"),
    ({"seeds": [{**SEED, "embedding": []}]}, "seeds.0.embedding"),
    ({"seeds": [{**SEED, "embedding": [0.1, "x"]}]}, "seeds.0.embedding.1"),
    ({"seeds": [{**SEED, "embedding": [1e39] * 40}]}, "seeds.0.embedding.0"),
    ({"seeds": [SEED] * 5001}, "seeds"),
    ({"diversity": -0.01}, "diversity"),
    ({"diversity": 1.01}, "diversity"),
    ({"diversity": False}, "diversity"),
    ({"exclude_track_ids": "a"}, "exclude_track_ids"),
    ({"exclude_track_ids": ["a", 1]}, "exclude_track_ids.1"),
    ({"exclude_track_ids": ["a" * 513]}, "exclude_track_ids.0"),
    ({"exclude_track_ids": ["a"] * 50_001}, "exclude_track_ids"),
    ({"library_ids": ["1"]}, "library_ids.0"),
    ({"library_ids": [HUGE]}, "library_ids.0"),
    ({"disliked_track_ids": [None]}, "disliked_track_ids.0"),
    ({"disliked_artist_ids": 1}, "disliked_artist_ids"),
    ({"dislike_strength": 1.5}, "dislike_strength"),
    ({"exclude_playlist_ids": [1]}, "exclude_playlist_ids.0"),
    ({"models": "muq"}, "models"),
    ({"models": ["muq", "nix"]}, "models.1"),
    ({"merge_strategy": "best"}, "merge_strategy"),
    ({"model_priorities": {"muq": "first"}}, "model_priorities.muq"),
    ({"model_priorities": {"nix": 1}}, "model_priorities.nix"),
    ({"min_model_agreement": 0}, "min_model_agreement"),
    ({"negative_prompts": "loud"}, "negative_prompts"),
    ({"negative_prompts": ["x" * 2001]}, "negative_prompts.0"),
    ({"negative_prompts": ["x"] * 201}, "negative_prompts"),
    ({"negative_prompt_penalty": 0.29}, "negative_prompt_penalty"),
    ({"negative_prompt_penalty": 1.01}, "negative_prompt_penalty"),
    ({"negative_embeddings": []}, "negative_embeddings"),
    ({"negative_embeddings": {"nix": [[1.0]]}}, "negative_embeddings.nix"),
    ({"negative_embeddings": {"muq": [0.5]}}, "negative_embeddings.muq.0"),
]


@pytest.mark.parametrize(("fields", "expected"), ACCEPTED, ids=lambda value: str(value)[:60])
def test_what_is_accepted_reaches_the_search(
    mesh: GatewayMesh, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = mesh.playlist(**fields)
    assert answer.status == 200, answer.body
    params = mesh.last("search", "recommend")
    assert {name: params[name] for name in expected} == expected


@pytest.mark.parametrize(("fields", "field"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_is_refused_names_its_field(mesh: GatewayMesh, fields: dict[str, Any], field: str) -> None:
    answer = mesh.playlist(**fields)
    assert (answer.status, answer.field) == (400, field)
    assert field in answer.json["message"]


@pytest.mark.parametrize("missing", USER)
def test_a_user_is_needed(mesh: GatewayMesh, missing: str) -> None:
    answer = mesh.post("/playlist/recent", {name: value for name, value in USER.items() if name != missing})
    assert (answer.status, answer.field) == (400, missing)


@pytest.mark.parametrize(
    "time", ["2026-11-03T20:15:09.123456789+01:00", "2026-10-01T08:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_times_as_go_writes_them(mesh: GatewayMesh, time: str) -> None:
    assert mesh.playlist(seeds=[{**SEED, "played_at": time}]).status == 200
    (seed,) = mesh.last("search", "recommend")["seeds"]
    assert seed["track_id"] == "T1"
    (read,) = validate({**USER, "seeds": [{**SEED, "played_at": time}]}, PlaylistRequest).seeds
    assert read.played_at == time


def test_defaults_of_a_seed(mesh: GatewayMesh) -> None:
    assert mesh.playlist(seeds=[SEED]).status == 200
    seed: dict[str, Any] = {"track_id": "T1", "weight": 1.0, "source": "", "embedding": None}
    assert validate({**USER, "seeds": [SEED]}, PlaylistRequest).seeds == [Seed(**seed, played_at=None)]
    assert mesh.last("search", "recommend")["seeds"] == [seed]


def test_a_text_seed_counts_by_its_length(mesh: GatewayMesh) -> None:
    vector = [0.25, -1e-9] * 768
    assert mesh.playlist(seeds=[{"track_id": "_text_query_", "embedding": vector}]).status == 200
    assert mesh.last("search", "recommend")["seeds"][0]["embedding"] == vector


@pytest.mark.parametrize("path", ["favorites", "my%20mix", "a%2Fb"])
def test_any_name_is_a_mode_and_stays_at_this_edge(mesh: GatewayMesh, path: str) -> None:
    assert mesh.post(f"/playlist/{path}", {**USER, "mode": "other", "negative_prompts": [" "]}).status == 200
    fields = {field.name for field in dataclasses.fields(RecommendRequest)}
    assert set(mesh.last("search", "recommend")) == fields
    assert not fields & {"mode", *USER, "negative_prompts", "exclude_playlist_ids"}


def test_an_empty_mode_is_none(mesh: GatewayMesh) -> None:
    assert mesh.post("/playlist/", USER).status == 404
    assert mesh.post("/playlist/%20", USER).field == "mode"


def test_unknown_models_are_told_the_known_ones(mesh: GatewayMesh) -> None:
    detail = mesh.playlist(models=["nix"]).json["error"]["detail"]
    assert detail["allowed"] == ["latent", "mert", "muq", "spectral"]


def test_large_requests_are_answered(mesh: GatewayMesh) -> None:
    answer = mesh.playlist(
        limit=500,
        seeds=[{"track_id": f"s{n}"} for n in range(500)],
        exclude_track_ids=[f"t{n}" for n in range(10_000)],
    )
    found = [track["track_id"] for track in answer.json["tracks"]]
    assert (answer.status, len(found), found[0]) == (200, 500, "t10000")
