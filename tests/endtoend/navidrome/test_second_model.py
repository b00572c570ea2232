"""The fork asks for `muq` while it has embedded none, little, most and all of the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from broker.vectors import pack_vectors
from tests.endtoend.navidrome.fork import Fork
from tests.endtoend.navidrome.judging import (
    REPEATS,
    Json,
    check_list,
    check_no_fallback,
    check_warnings,
    default_model,
    embedded,
    heard,
)

MUQ = "muq"
#: Numbers of a vector of muq.
DIMENSION = 1536
MODES = ("recent", "favorites", "all", "discovery", "custom")


@pytest.fixture(params=[0, 10, 60, 100])
def planted(fork: Fork, request: pytest.FixtureRequest) -> Iterator[Fork]:
    """That share of the tracks, in percent, has a vector of muq, as if a job had got so far; none at the end."""
    model = default_model(fork.mesh)
    paths = {song["id"]: song["path"] for song in fork.town.admin.songs()}
    with fork.mesh.connect() as client:
        rows = client.call("search", "vectors.export", {"model": model, "limit": 1000}).result["rows"]
        # Made-up vectors do not tell that a track is another's encoding.
        encodings = {encoding for encoding, _ in REPEATS}
        rows = sorted((row for row in rows if paths[row["track_id"]] not in encodings), key=lambda row: row["track_id"])
        random = np.random.default_rng(5)
        chosen = random.permutation(len(rows))[: len(rows) * request.param // 100]
        if len(chosen):
            vectors = random.standard_normal((len(chosen), DIMENSION)).astype(np.float32)
            params = {"model": MUQ, "dim": DIMENSION, "rows": [{**rows[n], "model_id": "planted"} for n in chosen]}
            client.call("search", "vectors.upsert", params, [pack_vectors(vectors)])
        yield fork
        if len(chosen):
            planted = [rows[n]["track_id"] for n in chosen]
            client.call("search", "vectors.delete", {"model": MUQ, "track_ids": planted})


def answering(asked: Json, hold: dict[str, set[str]]) -> str:
    """Which model must answer, by the rule: muq where nobody holds twice its tracks or its seeds' weight."""

    def weight(model: str) -> float:
        return sum(float(seed["weight"]) for seed in asked["seeds"] if seed["track_id"] in hold[model])

    (default,) = hold.keys() - {MUQ}
    ready = 2 * len(hold[MUQ]) >= len(hold[default]) and 2 * weight(MUQ) >= weight(default)
    return MUQ if ready and weight(MUQ) else default


@pytest.mark.parametrize("mode", MODES)
def test_one_model_answers_and_the_list_is_as_long_as_it_can_be(planted: Fork, mode: str) -> None:
    default = default_model(planted.mesh)
    songs = planted.town.admin.songs()
    hold = {default: set(embedded(planted.mesh, default)), MUQ: _held(planted)}
    chosen = [planted.town.song("Garage Tapes/01 - First River.wav"), planted.town.song("Strom/03 - Third Room.opus")]
    # When
    shown, seen = planted.ask(mode, **({"songIds": chosen} if mode == "custom" else {}))
    # Then
    model = answering(seen.asked, hold)
    ids = check_list(seen.asked, seen.answered, {s["id"]: s for s in songs if s["id"] in hold[model]}, model)
    if model == MUQ:
        check_no_fallback(seen.answered["warnings"])
    else:
        check_warnings(seen.answered["warnings"], [MUQ], model)
    assert ids
    assert shown["trackIds"][: len(ids)] == ids


def _held(fork: Fork) -> set[str]:
    with fork.mesh.connect() as client:
        there: dict[str, Any] = client.call("search", "store.status").result["models"]
    return set(heard(fork.mesh, MUQ, fork.town.admin.songs())) if MUQ in there else set()
