"""What happens between a playlist request and the search: exclusions, texts, deadlines, hang-ups."""

from __future__ import annotations

import json
import socket
import time

import pytest

from tests.harness.gateway_mesh import USER, GatewayMesh, serving
from tests.harness.mesh import counters
from tests.harness.waiting import eventually

SEEDS = [{"track_id": "T1"}]


def test_tracks_and_warnings_are_the_searchs(mesh: GatewayMesh) -> None:
    answer = mesh.playlist(limit=2)
    assert answer.json == {
        "tracks": [
            {"track_id": "t0", "score": 0.5, "reason": "like a", "models": ["muq"]},
            {"track_id": "t1", "score": 0.5, "reason": "like a", "models": ["muq"]},
        ],
        "warnings": ["no seeds"],
        "warning_codes": ["no_seeds"],
    }
    assert answer.headers["Content-Type"] == "application/json"


def test_tracks_of_excluded_playlists_are_excluded(mesh: GatewayMesh) -> None:
    answer = mesh.playlist(seeds=SEEDS, exclude_track_ids=["x", "of-p2"], exclude_playlist_ids=["p1", "p2"])
    assert (answer.status, answer.json["warnings"]) == (200, [])
    assert mesh.last("library", "playlists.tracks") == {"playlist_ids": ["p1", "p2"]}
    assert mesh.last("search", "recommend")["exclude_track_ids"] == ["x", "of-p2", "of-p1"]


def test_without_excluded_playlists_library_is_not_asked(mesh: GatewayMesh) -> None:
    before = len(mesh.calls("library", "playlists.tracks"))
    assert mesh.playlist(seeds=SEEDS, exclude_playlist_ids=[]).status == 200
    assert len(mesh.calls("library", "playlists.tracks")) == before


def test_negative_prompts_are_embedded_once_and_remembered(mesh: GatewayMesh) -> None:
    # Given two requests that want to avoid the same
    for _ in range(2):
        answer = mesh.playlist(seeds=SEEDS, models=["muq"], negative_prompts=["screams", " screams ", "", "talk"])
        assert (answer.status, answer.json["warnings"]) == (200, [])
    # Then each text was embedded once, and the search got its vector
    asked = asked_texts(mesh)
    assert asked.count(["screams"]) == asked.count(["talk"]) == 1
    assert mesh.last("search", "recommend")["negative_embeddings"] == {"muq": [[7.0] * 1536, [4.0] * 1536]}


def test_given_vectors_are_used_instead(mesh: GatewayMesh) -> None:
    given = {"muq": [[0.5] * 1536]}
    answer = mesh.playlist(seeds=SEEDS, models=["muq"], negative_prompts=["never embedded"], negative_embeddings=given)
    assert answer.status == 200
    assert mesh.last("search", "recommend")["negative_embeddings"] == given
    assert ["never embedded"] not in asked_texts(mesh)


@pytest.mark.parametrize("filled", ["muq", "spectral"])
def test_prompts_go_into_the_model_that_is_searched_unasked(mesh: GatewayMesh, filled: str) -> None:
    mesh.tell("filled", json.dumps({filled: 9}))
    answer = mesh.playlist(seeds=SEEDS, negative_prompts=["unasked"])
    assert answer.json["warnings"] == []
    # A model that only hears has its prompts read by the search
    asked = mesh.last("search", "recommend")
    assert asked["negative_texts"] == ["unasked"]
    assert (asked["negative_embeddings"] is not None) == (filled == "muq")
    # The list is made with the selection that the prompts were embedded for
    assert mesh.last("search", "recommend")["answering"] == {
        "models": [filled],
        "warnings": [],
        "tracks": {filled: 9},
    }
    by_length = mesh.playlist(seeds=[{"track_id": "x", "embedding": [0.1] * 1536}], negative_prompts=["unasked"])
    assert (by_length.status, by_length.json["warnings"]) == (200, [])


@pytest.mark.parametrize("model", ["spectral", "mert"])
def test_prompts_for_a_model_without_text_are_read_by_the_search(mesh: GatewayMesh, model: str) -> None:
    answer = mesh.playlist(seeds=SEEDS, models=[model], negative_prompts=["loud"])
    assert (answer.status, answer.json["warnings"]) == (200, [])
    asked = mesh.last("search", "recommend")
    assert (asked["negative_texts"], asked["negative_embeddings"]) == (["loud"], None)


def test_a_cold_model_costs_its_budget_and_warms_up(mesh: GatewayMesh) -> None:
    # Given a model that takes longer than the budget of 2 s
    mesh.tell("slow-text", 4)
    began = time.monotonic()
    answer = mesh.playlist(seeds=SEEDS, models=["muq"], negative_prompts=["cold"])
    # Then the answer comes without it, in time
    assert answer.status == 200
    assert time.monotonic() - began < 15
    assert "all of negative_prompts had no effect in muq" in answer.json["warnings"][0]
    # And the text is there the next time
    eventually(
        lambda: mesh.playlist(models=["muq"], negative_prompts=["cold"]).json["warnings"] == ["no seeds"], "warm"
    )
    assert asked_texts(mesh).count(["cold"]) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("store_unavailable", 503), ("invalid_request", 400), ("busy", 429), ("poisoned", 500), ("internal", 500)],
)
def test_errors_of_the_search_keep_their_code(mesh: GatewayMesh, code: str, status: int) -> None:
    mesh.tell("search-error", code)
    answer = mesh.playlist(seeds=SEEDS)
    assert (answer.status, answer.code) == (status, code)
    assert ("Retry-After" in answer.headers) == (status == 429)


def test_a_slow_search_ends_at_the_deadline(mesh: GatewayMesh) -> None:
    mesh.tell("slow-search", 6)
    began = time.monotonic()
    answer = mesh.playlist(seeds=SEEDS)
    assert (answer.status, answer.code) == (504, "deadline_exceeded")
    assert 4.4 < time.monotonic() - began < 15


def test_who_hangs_up_takes_the_work_back(mesh: GatewayMesh) -> None:
    # Given a search worker that is busy, and more requests than it holds
    mesh.tell("slow-search", 1)
    body = json.dumps({**USER, "seeds": SEEDS}).encode()
    request = b"POST /playlist/recent HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    streams = [socket.create_connection(("127.0.0.1", mesh.port)) for _ in range(12)]
    before = counters(mesh.client)["cancelled"]
    for stream in streams:
        stream.sendall(request)
    eventually(lambda: mesh.client.call("mmi.queues", "show").result["open"] >= len(streams), "all are under way")
    # When all of them hang up
    for stream in streams:
        stream.close()
    # Then they are withdrawn, except those answered meanwhile
    eventually(lambda: counters(mesh.client)["cancelled"] - before >= len(streams) - 3, "the work is taken back")
    mesh.tell("slow-search")
    eventually(lambda: mesh.playlist(seeds=SEEDS).status == 200, "the search has time again")


def test_who_hangs_up_takes_texts_back_too(mesh: GatewayMesh) -> None:
    mesh.tell("slow-text", 2)
    before = counters(mesh.client)["cancelled"]
    body = json.dumps({"text": "left alone"}).encode()
    with socket.create_connection(("127.0.0.1", mesh.port)) as stream:
        stream.sendall(
            b"POST /embed_text HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        eventually(lambda: ["left alone"] in asked_texts(mesh), "the model works on it")
    eventually(lambda: counters(mesh.client)["cancelled"] > before, "the text is taken back")


def asked_texts(mesh: GatewayMesh) -> list[list[str]]:
    return [call["params"]["texts"] for call in mesh.calls("embed.muq", "embed.text")]


def test_a_user_who_asks_too_often_waits() -> None:
    with serving("search", "library", SONICMESH_RATE_PER_USER="0.1", SONICMESH_RATE_BURST="2") as mesh:
        assert [mesh.playlist().status for _ in range(2)] == [200, 200]
        answer = mesh.playlist()
        assert (answer.status, answer.code) == (429, "busy")
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
        assert mesh.playlist(user_name="bob").status == 200


def test_another_name_for_each_request_gets_around_no_limit() -> None:
    with serving("search", "library", SONICMESH_RATE_PER_ADDRESS="0.1", SONICMESH_RATE_ADDRESS_BURST="3") as mesh:
        assert [mesh.playlist(user_name=f"user {number}").status for number in range(3)] == [200] * 3
        answer = mesh.playlist(user_name="user 4")
        assert (answer.status, answer.code) == (429, "busy")
        assert "address" in answer.json["message"]
        # A forwarding header of somebody who is no trusted proxy changes nothing
        body = {"user_id": "u", "user_name": "user 5"}
        assert mesh.post("/playlist/recent", body, **{"X-Forwarded-For": "203.0.113.9"}).status == 429


def test_without_library_playlists_go_on() -> None:
    with serving("search") as mesh:
        answer = mesh.playlist(seeds=SEEDS, models=["muq"], exclude_playlist_ids=["p1"])
        assert answer.status == 200
        assert "exclude_playlist_ids had no effect" in answer.json["warnings"][0]
        assert answer.json["warning_codes"] == ["playlists_unread"]
        assert mesh.get("/models").code in {"no_worker", "deadline_exceeded"}
