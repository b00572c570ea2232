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


def test_tracks_and_warnings_are_the_searchs(home: GatewayMesh) -> None:
    answer = home.playlist(limit=2)
    assert answer.json == {
        "tracks": [
            {"track_id": "t0", "score": 0.5, "reason": "like a", "models": ["muq"]},
            {"track_id": "t1", "score": 0.5, "reason": "like a", "models": ["muq"]},
        ],
        "warnings": ["no seeds"],
        "warning_codes": ["no_seeds"],
    }
    assert answer.headers["Content-Type"] == "application/json"


def test_tracks_of_excluded_playlists_are_excluded(home: GatewayMesh) -> None:
    answer = home.playlist(seeds=SEEDS, exclude_track_ids=["x", "of-p2"], exclude_playlist_ids=["p1", "p2"])
    assert (answer.status, answer.json["warnings"]) == (200, [])
    assert home.last("library", "playlists.tracks") == {"playlist_ids": ["p1", "p2"]}
    assert home.last("search", "recommend")["exclude_track_ids"] == ["x", "of-p2", "of-p1"]


def test_without_excluded_playlists_library_is_not_asked(home: GatewayMesh) -> None:
    before = len(home.calls("library", "playlists.tracks"))
    assert home.playlist(seeds=SEEDS, exclude_playlist_ids=[]).status == 200
    assert len(home.calls("library", "playlists.tracks")) == before


def test_negative_prompts_are_embedded_once_and_remembered(home: GatewayMesh) -> None:
    # Given two requests that want to avoid the same
    for _ in range(2):
        answer = home.playlist(seeds=SEEDS, models=["muq"], negative_prompts=["screams", " screams ", "", "talk"])
        assert (answer.status, answer.json["warnings"]) == (200, [])
    # Then each text was embedded once, and the search got its vector
    asked = asked_texts(home)
    assert asked.count(["screams"]) == asked.count(["talk"]) == 1
    assert home.last("search", "recommend")["negative_embeddings"] == {"muq": [[7.0] * 1536, [4.0] * 1536]}


def test_given_vectors_are_used_instead(home: GatewayMesh) -> None:
    given = {"muq": [[0.5] * 1536]}
    answer = home.playlist(seeds=SEEDS, models=["muq"], negative_prompts=["never embedded"], negative_embeddings=given)
    assert answer.status == 200
    assert home.last("search", "recommend")["negative_embeddings"] == given
    assert ["never embedded"] not in asked_texts(home)


@pytest.mark.parametrize("filled", ["muq", "spectral"])
def test_prompts_go_into_the_model_that_is_searched_unasked(home: GatewayMesh, filled: str) -> None:
    home.tell("filled", json.dumps({filled: 9}))
    answer = home.playlist(seeds=SEEDS, negative_prompts=["unasked"])
    assert [warning.split(":")[0] for warning in answer.json["warnings"]] == (
        [] if filled == "muq" else ["negative_prompts had no effect in spectral"]
    )
    # The list is made with the selection that the prompts were embedded for
    assert home.last("search", "recommend")["answering"] == {
        "models": [filled],
        "warnings": [],
        "tracks": {filled: 9},
    }
    by_length = home.playlist(seeds=[{"track_id": "x", "embedding": [0.1] * 1536}], negative_prompts=["unasked"])
    assert (by_length.status, by_length.json["warnings"]) == (200, [])


@pytest.mark.parametrize(("model", "reason"), [("spectral", "no text side"), ("mert", "is not running here")])
def test_a_model_without_text_costs_a_warning(home: GatewayMesh, model: str, reason: str) -> None:
    answer = home.playlist(seeds=SEEDS, models=[model], negative_prompts=["loud"])
    assert answer.status == 200
    assert [reason in warning and model in warning for warning in answer.json["warnings"]] == [True]
    assert answer.json["warning_codes"] == ["negative_prompts_unused"]
    assert home.last("search", "recommend")["negative_embeddings"] is None


def test_a_cold_model_costs_its_budget_and_warms_up(home: GatewayMesh) -> None:
    # Given a model that takes longer than the budget of 2 s
    home.tell("slow-text", 4)
    began = time.monotonic()
    answer = home.playlist(seeds=SEEDS, models=["muq"], negative_prompts=["cold"])
    # Then the answer comes without it, in time
    assert answer.status == 200
    assert time.monotonic() - began < 15
    assert "all of negative_prompts had no effect in muq" in answer.json["warnings"][0]
    # And the text is there the next time
    eventually(
        lambda: home.playlist(models=["muq"], negative_prompts=["cold"]).json["warnings"] == ["no seeds"], "warm"
    )
    assert asked_texts(home).count(["cold"]) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("store_unavailable", 503), ("invalid_request", 400), ("busy", 429), ("poisoned", 500), ("internal", 500)],
)
def test_errors_of_the_search_keep_their_code(home: GatewayMesh, code: str, status: int) -> None:
    home.tell("search-error", code)
    answer = home.playlist(seeds=SEEDS)
    assert (answer.status, answer.code) == (status, code)
    assert ("Retry-After" in answer.headers) == (status == 429)


def test_a_slow_search_ends_at_the_deadline(home: GatewayMesh) -> None:
    home.tell("slow-search", 6)
    began = time.monotonic()
    answer = home.playlist(seeds=SEEDS)
    assert (answer.status, answer.code) == (504, "deadline_exceeded")
    assert 4.4 < time.monotonic() - began < 15


def test_who_hangs_up_takes_the_work_back(home: GatewayMesh) -> None:
    # Given a search worker that is busy, and more requests than it holds
    home.tell("slow-search", 1)
    body = json.dumps({**USER, "seeds": SEEDS}).encode()
    request = b"POST /playlist/recent HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    streams = [socket.create_connection(("127.0.0.1", home.port)) for _ in range(12)]
    before = counters(home.client)["cancelled"]
    for stream in streams:
        stream.sendall(request)
    eventually(lambda: home.client.call("mmi.queues", "show").result["open"] >= len(streams), "all are under way")
    # When all of them hang up
    for stream in streams:
        stream.close()
    # Then they are withdrawn, except those answered meanwhile
    eventually(lambda: counters(home.client)["cancelled"] - before >= len(streams) - 3, "the work is taken back")
    home.tell("slow-search")
    eventually(lambda: home.playlist(seeds=SEEDS).status == 200, "the search has time again")


def test_who_hangs_up_takes_texts_back_too(home: GatewayMesh) -> None:
    home.tell("slow-text", 2)
    before = counters(home.client)["cancelled"]
    body = json.dumps({"text": "left alone"}).encode()
    with socket.create_connection(("127.0.0.1", home.port)) as stream:
        stream.sendall(
            b"POST /embed_text HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        eventually(lambda: ["left alone"] in asked_texts(home), "the model works on it")
    eventually(lambda: counters(home.client)["cancelled"] > before, "the text is taken back")


def asked_texts(home: GatewayMesh) -> list[list[str]]:
    return [call["params"]["texts"] for call in home.calls("embed.muq", "embed.text")]


def test_a_user_who_asks_too_often_waits() -> None:
    with serving("search", "library", SONICMESH_RATE_PER_USER="0.1", SONICMESH_RATE_BURST="2") as home:
        assert [home.playlist().status for _ in range(2)] == [200, 200]
        answer = home.playlist()
        assert (answer.status, answer.code) == (429, "busy")
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
        assert home.playlist(user_name="bob").status == 200


def test_another_name_for_each_request_gets_around_no_limit() -> None:
    with serving("search", "library", SONICMESH_RATE_PER_ADDRESS="0.1", SONICMESH_RATE_ADDRESS_BURST="3") as home:
        assert [home.playlist(user_name=f"user {number}").status for number in range(3)] == [200] * 3
        answer = home.playlist(user_name="user 4")
        assert (answer.status, answer.code) == (429, "busy")
        assert "address" in answer.json["message"]
        # A forwarding header of somebody who is no trusted proxy changes nothing
        body = {"user_id": "u", "user_name": "user 5"}
        assert home.post("/playlist/recent", body, **{"X-Forwarded-For": "203.0.113.9"}).status == 429


def test_without_library_playlists_go_on() -> None:
    with serving("search") as home:
        answer = home.playlist(seeds=SEEDS, models=["muq"], exclude_playlist_ids=["p1"])
        assert answer.status == 200
        assert "exclude_playlist_ids had no effect" in answer.json["warnings"][0]
        assert answer.json["warning_codes"] == ["playlists_unread"]
        assert home.get("/models").code in {"no_worker", "deadline_exceeded"}
