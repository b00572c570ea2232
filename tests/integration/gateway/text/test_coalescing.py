"""Texts that share a request, with a real broker and the real worker loop."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.harness.gateway_mesh import GatewayMesh, serving
from tests.harness.processes import Process
from tests.harness.waiting import eventually

#: Callers at once; each text has a length of its own, which is every number of its vector.
CALLERS = 24
#: Single texts after which the gateway knows that the model is quick.
ENOUGH = 20

_rounds = itertools.count()

Replies = list[tuple[int, dict[str, Any]]]


@pytest.fixture
def own() -> Iterator[GatewayMesh]:
    with serving("search", "library") as mesh:
        yield mesh


class Callers:
    """Callers on open connections, whose requests the gateway has received."""

    def __init__(self, mesh: GatewayMesh, stack: ExitStack) -> None:
        self.texts = [f"{next(_rounds):04d}".ljust(5 + number, "x") for number in range(CALLERS)]
        self._connections = [
            stack.enter_context(closing(HTTPConnection("127.0.0.1", mesh.port, timeout=60))) for _ in self.texts
        ]
        for connection in self._connections:
            connection.request("GET", "/healthz")
            connection.getresponse().read()

    def ask(self, mesh: GatewayMesh) -> None:
        for connection, text in zip(self._connections, self.texts, strict=True):
            connection.request("POST", "/embed_text", json.dumps({"text": text}), {"Content-Type": "application/json"})
        for _ in range(3):  # the gateway reads sockets in turns, so it has read all others, too
            assert mesh.get("/healthz").status == 200

    def replies(self) -> Replies:
        found = []
        for connection in self._connections:
            response = connection.getresponse()
            found.append((response.status, json.loads(response.read())))
        return found


def sizes(mesh: GatewayMesh) -> list[int]:
    return [len(call["params"]["texts"]) for call in mesh.calls("embed.muq", "embed.text")]


def teach(mesh: GatewayMesh) -> None:
    """Let the gateway learn that the model is quick."""
    for _ in range(ENOUGH):
        assert mesh.post("/embed_text", {"text": f"teach {next(_rounds)}"}).status == 200


def share(mesh: GatewayMesh, callers: Callers) -> None:
    """Let texts gather behind two that the worker holds, and wait until some have left together, or all alone."""
    teach(mesh)
    before = len(sizes(mesh))
    mesh.tell("hold-text", "on")
    callers.ask(mesh)
    mesh.tell("hold-text")

    def left() -> bool:
        seen = sizes(mesh)[before:]
        return max(seen, default=0) > 1 or sum(seen) >= CALLERS

    eventually(left, "they have left")


def assert_own(replies: Replies, callers: Callers) -> None:
    assert [status for status, _ in replies] == [200] * CALLERS
    assert [body["embedding"][0] for _, body in replies] == [float(len(text)) for text in callers.texts]


def test_texts_share_requests_and_each_caller_gets_its_own_vector(own: GatewayMesh) -> None:
    own.serve("embed.muq")
    eventually(lambda: own.post("/embed_text", {"text": "ready"}).status == 200, "the model answers")

    def shared() -> bool:
        """A model that a busy machine makes slow shares none."""
        with ExitStack() as stack:
            callers = Callers(own, stack)
            before = len(sizes(own)) + ENOUGH
            share(own, callers)
            assert_own(callers.replies(), callers)
            return len(sizes(own)) - before < CALLERS

    eventually(shared, "fewer requests than texts")


def test_one_bad_text_fails_alone(own: GatewayMesh) -> None:
    own.serve("embed.muq")
    eventually(lambda: own.post("/embed_text", {"text": "ready"}).status == 200, "the model answers")

    def failed_together() -> bool:
        with ExitStack() as stack:
            callers = Callers(own, stack)
            own.tell("bad-text", callers.texts[CALLERS // 2])
            share(own, callers)
            replies = callers.replies()
            status, body = replies.pop(CALLERS // 2)
            assert (status, body["error"]["code"]) == (500, "model_failed")
            assert [each for each, _ in replies] == [200] * (CALLERS - 1)
            bad = callers.texts[CALLERS // 2]
            asked = [call["params"]["texts"] for call in own.calls("embed.muq", "embed.text")]
            return sum(bad in texts for texts in asked) == 2

    eventually(failed_together, "the bad text travelled with others, and then alone")


def test_a_worker_that_is_killed_meanwhile_costs_nobody_their_vector(own: GatewayMesh) -> None:
    worker: Process = own.serve("embed.muq")["embed.muq"]
    eventually(lambda: own.post("/embed_text", {"text": "ready"}).status == 200, "the model answers")

    def killed() -> bool:
        nonlocal worker
        with ExitStack() as stack:
            callers = Callers(own, stack)
            own.tell("hold-texts", "on")
            before = len(sizes(own)) + ENOUGH
            share(own, callers)
            together = max(sizes(own)[before:], default=0) > 1
            worker.kill()
            worker.wait()
            own.tell("hold-texts")
            worker = own.serve("embed.muq")["embed.muq"]
            assert_own(callers.replies(), callers)
            return together

    eventually(killed, "a worker died on several texts")
