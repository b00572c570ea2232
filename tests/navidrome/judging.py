"""What tests may rely on: the name of the default model, the warnings of a reply, and how long a list must be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from tests.mesh.house import House
from tests.plugin.house import request

Json = Mapping[str, Any]


def default_model(house: House) -> str:
    """The model that a fresh installation runs, as the gateway names it."""
    status, models = request(house.port, "GET", "/models")
    assert status == 200
    (running,) = [model["name"] for model in models if model["workers"]]
    return str(running)


def check_warnings(warnings: Sequence[str], asked: Collection[str], answered: str) -> None:
    """Of a reply where none of the models `asked` could answer, and `answered` did: the first warning tells so."""
    assert warnings, "nothing tells that another model answered"
    first = warnings[0]
    assert answered in first, first
    assert any(model in first for model in asked), first
    # Pages leave out warnings that only say that a list is short, by these words.
    assert " tracks: " not in first, first
    assert all(warning.strip() for warning in warnings)


def embedded(house: House, model: str) -> dict[str, Json]:
    """What the store knows of each track that has a vector of a model."""
    with house.client() as client:
        rows = client.call("search", "vectors.scan", {"model": model, "limit": 10_000}).result["rows"]
    return {row["track_id"]: row for row in rows}


def check_list(asked: Json, answered: Json, rows: Mapping[str, Json], model: str) -> list[str]:
    """Ids of a list: of one model, as long as it can be, without seeds, exclusions, disliked artists and repeats."""
    seeds = {seed["track_id"] for seed in asked["seeds"]}
    excluded = {*asked.get("exclude_track_ids", ()), *asked.get("disliked_track_ids", ())}
    artists = set(asked.get("disliked_artist_ids", ()))
    tracks = answered["tracks"]
    ids = [track["track_id"] for track in tracks]
    assert {name for track in tracks for name in track["models"]} == {model}, orjson.dumps(answered)
    assert not seeds & set(ids)
    assert not excluded & set(ids)
    assert not {i for i in ids if rows[i]["artist_id"] in artists}
    heard = recordings(rows, seeds)
    left = {i for i in rows if i not in seeds | excluded and rows[i]["artist_id"] not in artists}
    possible = recordings(rows, left) - heard
    assert len(recordings(rows, ids)) == len(ids), "a recording is there twice"
    assert len(ids) == min(asked["limit"], len(possible)), (len(ids), len(possible), answered.get("warnings"))
    return ids


def recordings(rows: Mapping[str, Json], ids: Collection[str]) -> set[tuple[str, str]]:
    """What is heard: one recording may be there in several files, with the same artist and title."""
    return {(rows[i]["artist"], rows[i]["title"]) for i in ids if i in rows}
