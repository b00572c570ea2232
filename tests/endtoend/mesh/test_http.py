"""A whole mesh as Navidrome and people see it over HTTP."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from typing import Any

import orjson
import pytest

import demo
from tests.harness.places import SHARED
from tests.harness.supervised import SupervisedMesh

FORK_REQUESTS = sorted((SHARED / "data/fork-requests").glob("*.http"))


def _post(mesh: SupervisedMesh, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", mesh.port, timeout=30)
    connection.request("POST", path, orjson.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = orjson.loads(response.read())
    connection.close()
    return response.status, answer


def _get(mesh: SupervisedMesh, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", mesh.port, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = orjson.loads(response.read())
    connection.close()
    return response.status, answer


def _request(seed: demo.DemoTrack, **fields: Any) -> dict[str, Any]:
    return {"user_id": "u", "user_name": "u", "limit": 5, "seeds": [{"track_id": seed.id}], **fields}


def _normal(library: demo.DemoLibrary, style: str) -> list[demo.DemoTrack]:
    return [track for track in library.tracks if track.style == style and track.kind == "normal"]


def test_a_playlist_sounds_like_its_seed(mesh: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    # Given a seed of each style
    styles = {track.style for track in demo_library.tracks if track.kind == "normal"}
    by_id = {track.id: track for track in demo_library.tracks}
    hits = []
    for style in sorted(styles):
        seed = _normal(demo_library, style)[0]
        # When
        status, answer = _post(mesh, "/playlist/custom", _request(seed))
        # Then
        assert status == 200
        ids = [track["track_id"] for track in answer["tracks"]]
        assert len(set(ids)) == 5
        assert seed.id not in ids
        hits += [by_id[track_id].style == style for track_id in ids]
    assert sum(hits) / len(hits) >= 0.8


def test_exclusions_and_libraries_hold(mesh: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    # Given
    seed = _normal(demo_library, "piano")[0]
    _, first = _post(mesh, "/playlist/custom", _request(seed))
    excluded = [track["track_id"] for track in first["tracks"]]
    # When
    _, without = _post(mesh, "/playlist/custom", _request(seed, exclude_track_ids=excluded))
    _, archive = _post(mesh, "/playlist/custom", _request(seed, library_ids=[2]))
    # Then
    assert not set(excluded) & {track["track_id"] for track in without["tracks"]}
    libraries = {track.id: track.library_id for track in demo_library.tracks}
    assert {libraries[track["track_id"]] for track in archive["tracks"]} == {2}


def test_an_unknown_seed_is_counted_in_a_warning(mesh: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    seed = _normal(demo_library, "jazz")[0]
    request = _request(seed) | {"seeds": [{"track_id": seed.id}, {"track_id": "nobody"}, {"track_id": "nowhere"}]}
    status, answer = _post(mesh, "/playlist/recent", request)
    assert status == 200
    assert answer["tracks"]
    assert any("2" in warning for warning in answer["warnings"])


@pytest.mark.parametrize("path", FORK_REQUESTS, ids=lambda path: path.stem)
def test_requests_of_the_fork_work_byte_for_byte(mesh: SupervisedMesh, path: Path) -> None:
    # When the recorded bytes are sent as they are
    with socket.create_connection(("127.0.0.1", mesh.port), timeout=30) as connection:
        connection.sendall(path.read_bytes())
        response = http.client.HTTPResponse(connection)
        response.begin()
        answer = orjson.loads(response.read())
    # Then it is 200; only a job that does not run cannot be cancelled, and one that runs cannot be started again
    if response.status != 200:
        assert answer["error"]["code"] in {"not_found", "conflict"}
        assert path.stem.split("-")[1] == "batch"
        assert answer["message"] == answer["error"]["message"]


def test_every_part_is_ready(mesh: SupervisedMesh) -> None:
    status, answer = _get(mesh, "/readyz")
    assert status == 200, answer
    assert {"broker", "search", "library", "embed.spectral"} <= set(answer["parts"])
    _, models = _get(mesh, "/models")
    spectral = next(model for model in models if model["name"] == "spectral")
    assert spectral["status"] == "available"
    assert spectral["workers"] >= 1


def test_why_tells_the_stages_of_a_track_and_the_reason_of_a_failure(
    mesh: SupervisedMesh, demo_library: demo.DemoLibrary
) -> None:
    fine = mesh.json("why", _normal(demo_library, "jazz")[0].id)["models"]["spectral"]
    assert fine["state"] == "done"
    assert {"decode", "compute"} <= set(fine["seconds"])
    silent = next(track for track in demo_library.tracks if track.kind == "silent")
    assert "silent_audio" in mesh.sonicmesh("why", silent.id).stdout
