"""Expectations that tests share: the default model's name, the warnings of a reply, and the length of a list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from tests.harness.http import request
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

Json = Mapping[str, Any]
#: Of the recorded library: a copy byte for byte, and a track in another encoding, each with what it repeats.
REPEATS = (
    ("copies/copy of first.mp3", "The Rusty Gates/Back Lane/01 - First Gate.mp3"),
    ("Various Artists/Garage Gold/01 - Back Lane Blues.mp3", "The Rusty Gates/Back Lane/06 - Back Lane Blues.flac"),
)
#: Seconds by which two takes of a piece differ that may be taken for one recording.
SAME_DURATION = 2.0


def default_model(mesh: SupervisedMesh) -> str:
    """The model that a fresh installation runs, as the gateway names it."""

    def running() -> list[str]:
        status, models = request(mesh.port, "GET", "/models")
        assert status == 200
        return [str(model["name"]) for model in models if model["workers"]]

    (name,) = eventually(running)
    return str(name)


def check_warnings(warnings: Sequence[str], asked: Collection[str], answered: str) -> None:
    """Checks a reply in which `answered` stood in for all models in `asked`: the first warning says so."""
    assert warnings, "nothing tells that another model answered"
    first = warnings[0]
    assert first.startswith("Another model answered"), first
    assert answered in first, first
    assert any(model in first for model in asked), first
    # Pages leave out warnings that only say that a list is short, by these words.
    assert " tracks: " not in first, first
    assert all(warning.strip() for warning in warnings)


def check_no_fallback(warnings: Sequence[str]) -> None:
    """Checks a reply in which a requested model answered."""
    assert not any("Another model answered" in warning for warning in warnings), warnings


def embedded(mesh: SupervisedMesh, model: str) -> dict[str, Json]:
    """What the store knows of each track that has a vector of a model."""
    with mesh.connect() as client:
        rows = client.call("search", "vectors.scan", {"model": model, "limit": 10_000}).result["rows"]
    return {row["track_id"]: row for row in rows}


def heard(mesh: SupervisedMesh, model: str, songs: Sequence[Json]) -> dict[str, Json]:
    """Those of Navidrome's songs that have a vector, by id."""
    rows = embedded(mesh, model)
    return {song["id"]: song for song in songs if song["id"] in rows}


def check_list(asked: Json, answered: Json, songs: Mapping[str, Json], model: str) -> list[str]:
    """Ids of a list: of one model, as long as it can be, without seeds, exclusions, disliked artists and repeats.

    `songs` are Navidrome's of the tracks that have a vector of the model.
    """
    seeds = {seed["track_id"] for seed in asked["seeds"]}
    excluded = {*asked.get("exclude_track_ids", ()), *asked.get("disliked_track_ids", ())}
    artists = set(asked.get("disliked_artist_ids", ()))
    tracks = answered["tracks"]
    ids = [track["track_id"] for track in tracks]
    assert {name for track in tracks for name in track["models"]} == {model}, orjson.dumps(answered)
    assert not seeds & set(ids)
    assert not excluded & set(ids)
    assert not {i for i in ids if songs[i]["artistId"] in artists}
    assert not [pair for pair in REPEATS if set(pair) <= {songs[i]["path"] for i in ids}], "a recording is there twice"
    left = [songs[i] for i in songs if i not in seeds | excluded and songs[i]["artistId"] not in artists]
    least = min(asked["limit"], len(takes(left, [songs[i] for i in seeds if i in songs])))
    most = min(asked["limit"], len(left))
    assert least <= len(ids) <= most, (least, len(ids), most, answered.get("warnings"))
    return ids


def takes(songs: Sequence[Json], known: Sequence[Json]) -> list[Json]:
    """Songs of which none may be taken for another or for one of those known: by artist, title and duration."""
    found: list[Json] = []
    for song in songs:
        if not any(_alike(song, other) for other in (*known, *found)):
            found.append(song)
    return found


def _alike(one: Json, other: Json) -> bool:
    named = (one["artist"], one["title"]) == (other["artist"], other["title"])
    return bool(named and abs(one["duration"] - other["duration"]) <= SAME_DURATION)
