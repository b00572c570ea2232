"""Workers that answer nonsense: the gateway reports it in its own words and continues."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import msgpack
import pytest
import zmq

from tests.harness.gateway_mesh import USER, GatewayMesh, serving
from tests.harness.mesh import workers_of
from tests.harness.waiting import eventually
from tests.integration.gateway.rogue import Rogue

#: READY maps: memory in words, a key of bytes, line breaks, numbers beyond JSON, deep lists.
READY: list[dict[Any, Any]] = [
    {"memory_bytes": "1.2 GB", "loaded": "yes", "device": 7, "reason": ["x"], "pid": "one"},
    {b"bytes": 1, "inner": {b"key": 1}, "more": b"\xff"},
    {"host": "a\n2030-01-01 00:00:00,000 INFO    broker: forged", "worker": "w\n", "x\ny": 1, "said": "\x1b[2J"},
    {"credit": float("nan"), "memory_bytes": 2**64 - 1, "share": float("inf"), "version": {"a": [[[[1]]]]}},
    {"credit": True, "memory_bytes": -1, "service": "search", "foreign": "no", "since": "today", "in_flight": "many"},
]


def deep(depth: int) -> Any:
    return [deep(depth - 1)] if depth else 0


#: Answers: fields of other types, missing ones, keys of bytes, more depth than JSON is written with.
ANSWERS: list[Any] = [
    {},
    {"tracks": "many", "models": 7, "dim": "x", "state": 1, "total": None, "memory_bytes": "1.2 GB", "warnings": [{}]},
    {"tracks": [{"track_id": 1, "score": float("nan")}], "models": {"spectral": 7}, "failures": [7], "total": 1},
    {"tracks": [7], "models": [{"name": 7}], "track_ids": {}, "status": ["x"], "dimension": float("inf")},
    {b"bytes": {b"key": 1}},
    {"status": "running", "tracks": [], "models": {}, "warnings": [], "more": deep(400)},
    [1, 2],
]
ASKED = [
    ("GET", "/readyz", None),
    ("GET", "/models", None),
    ("GET", "/tracks?q=x", None),
    ("GET", "/tracks?ids=x", None),
    ("POST", "/playlist/custom", {**USER, "seeds": [{"track_id": "t"}]}),
    ("POST", "/playlist/custom", {**USER, "exclude_playlist_ids": ["p"], "negative_prompts": ["x"]}),
    ("POST", "/embed_text", {"text": "x", "model": "muq"}),
    ("GET", "/batch/progress", None),
    ("GET", "/batch/failures", None),
    ("GET", "/batch/failures?format=csv", None),
    ("POST", "/batch/start", {}),
    ("POST", "/models/muq/load", None),
]


#: A valid event, and some that are invalid or whose fields have other types.
WHOLE = {"ts": 1.0, "source": "rogue", "seq": 1}
NONSENSE: list[tuple[bytes, dict[Any, Any]]] = [
    (b"batch.progress", {**WHOLE, "total_operations": "many", "processed_operations": [1]}),
    (b"batch.progress", {**WHOLE, b"key": 1}),
    (b"batch.track", {**WHOLE, "model": deep(400)}),
    (b"model.loaded", {"ts": float("nan"), "source": 1, "seq": "x"}),
    (b"model.unloaded", {**WHOLE, "reason": "request", "model": {}}),
    (b"worker.up\n", WHOLE),
]


@pytest.fixture(scope="module")
def rogues() -> Iterator[GatewayMesh]:
    """A gateway that knows the models, and has no workers any more."""
    with serving("search", "library") as mesh:
        for process in mesh.processes[1:3]:
            process.kill()
        eventually(lambda: not workers_of(mesh.client, "search"), "search is gone")
        eventually(lambda: not workers_of(mesh.client, "library"), "library is gone")
        yield mesh


@pytest.mark.parametrize("ready", READY)
def test_a_worker_may_say_anything_of_itself(rogues: GatewayMesh, ready: dict[Any, Any]) -> None:
    with Rogue(rogues.endpoint, "embed.muq", ready):
        (row,) = eventually(lambda: workers_of(rogues.client, "embed.muq"), "the rogue is there")
        assert "\n" not in str(row)
        models = rogues.get("/models")
        assert models.status == 200
        muq = next(model for model in models.json if model["name"] == "muq")
        assert (muq["workers"], type(muq["memory_bytes"]), type(muq["loaded"])) == (1, int, bool)
        assert "embed.muq" in rogues.get("/readyz").json["parts"]
        assert type(row["in_flight"]) is int
        assert type(row["credit"]) is int
    eventually(lambda: not workers_of(rogues.client, "embed.muq"), "the rogue is gone")


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_worker_may_answer_anything(rogues: GatewayMesh, answer: Any) -> None:
    services = ("search", "library", "embed.muq", "worker.rogue")
    with ExitStack() as stack:
        for service in services:
            stack.enter_context(Rogue(rogues.endpoint, service, {"worker": "rogue", "credit": 50}, answer))
        for service in services[:3]:
            rogues.wait_for(service)
        for method, path, body in ASKED:
            told = rogues.get(path) if method == "GET" else rogues.post(path, body)
            if told.status != 200 and path != "/readyz":
                assert told.code in {"internal", "model_unavailable", "text_unavailable"}, (path, told.body)
                assert "gateway's log" not in told.json["message"], (path, told.body)
        assert rogues.get("/healthz").status == 200
    for service in services[:3]:
        eventually(partial(_is_gone, rogues, service), f"{service} is gone")


def _is_gone(mesh: GatewayMesh, service: str) -> bool:
    return not workers_of(mesh.client, service)


def test_the_feed_goes_on_after_nonsense(rogues: GatewayMesh) -> None:
    """Events of anybody: invalid events are dropped, later ones arrive."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    push = context.socket(zmq.PUSH)
    push.connect(rogues.settings.publish_endpoint)
    try:
        for topic, event in NONSENSE:
            push.send_multipart([topic, msgpack.packb(event)])
        push.send_multipart([b"last.word", msgpack.packb({**WHOLE, "said": "all is well"})])
        eventually(lambda: "last.word" in _events(rogues), "the last event")
    finally:
        push.close(linger=0)
        context.term()
    assert rogues.get("/metrics").status == 200


def _events(mesh: GatewayMesh) -> str:
    """What a new listener gets at once."""
    connection = http.client.HTTPConnection("127.0.0.1", mesh.port, timeout=20)
    try:
        connection.request("GET", "/events?topics=last.")
        response = connection.getresponse()
        return b"".join(response.readline() for _ in range(5)).decode() if response.status == 200 else ""
    except TimeoutError:
        return ""
    finally:
        connection.close()
