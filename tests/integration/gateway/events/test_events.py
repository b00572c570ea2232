"""`GET /events`: live, last values first, by topic; a slow reader is disconnected."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.harness.gateway_mesh import GatewayMesh, serving
from tests.harness.http import TIMEOUT
from tests.harness.processes import end
from tests.harness.waiting import eventually


class Stream:
    """One listener that reads event by event."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response = response

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next event; comments and `retry` are passed over."""
        fields: dict[str, str] = {}
        while True:
            line = self.response.readline().decode().rstrip("\n")
            if not line and "data" in fields:
                return fields["event"], {**json.loads(fields["data"]), "_id": fields["id"]}
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value

    def until(self, topic: str, **fields: Any) -> dict[str, Any]:
        while True:
            found, event = self.next()
            if found == topic and fields.items() <= event.items():
                return event


@contextmanager
def listening(mesh: GatewayMesh, query: str = "") -> Iterator[Stream]:
    connection = http.client.HTTPConnection("127.0.0.1", mesh.port, timeout=TIMEOUT)
    connection.request("GET", f"/events{query}")
    response = connection.getresponse()
    assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    try:
        yield Stream(response)
    finally:
        response.close()
        connection.close()


def test_events_arrive_with_their_number(mesh: GatewayMesh) -> None:
    with listening(mesh) as stream:
        mesh.publish("batch.track", track_id="live\n1", ok=True, model="muq")
        event = stream.until("batch.track", track_id="live\n1")
        assert {"ts", "source", "seq"} <= set(event)
        assert event["_id"] == f"{event['source']}:{event['seq']}"


def test_the_last_value_of_each_topic_comes_first(mesh: GatewayMesh) -> None:
    mesh.publish("batch.progress", status="running", total_operations=9, processed_operations=3)
    mesh.publish("library.changed", added=4)

    def remembered() -> bool:
        with listening(mesh, "?topics=library.,batch.progress") as stream:
            first = dict([stream.next(), stream.next()])
            return first["library.changed"].get("added") == 4 and first["batch.progress"]["status"] == "running"

    with listening(mesh) as stream:
        stream.until("library.changed", added=4)
    assert remembered()


def test_topics_are_chosen_by_prefix(mesh: GatewayMesh) -> None:
    with listening(mesh, "?topics=model.") as stream:
        mesh.publish("batch.track", track_id="unwanted", ok=True, model="muq")
        mesh.publish("model.loaded", model="muq", worker="w")
        topic, event = stream.next()
        assert (topic, event["model"]) == ("model.loaded", "muq")


def test_who_does_not_read_is_dropped_and_others_are_not(mesh: GatewayMesh) -> None:
    # Given a listener that never reads, with little room on its way
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.connect(("127.0.0.1", mesh.port))
    sleeper.sendall(b"GET /events?topics=batch.track HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    eventually(lambda: listeners(mesh) >= 1, "it listens")
    # When far more is published than fits
    for _ in range(20):
        mesh.publish("batch.track", times=100, track_id="x" * 20_000, ok=True, model="muq")
    # Then it is gone, and the others still hear everything
    eventually(lambda: listeners(mesh) == 0, "it was dropped")
    with listening(mesh, "?topics=library.") as stream:
        mesh.publish("library.changed", added=77)
        assert stream.until("library.changed", added=77)
    sleeper.close()


def listeners(mesh: GatewayMesh) -> int:
    lines = mesh.get("/metrics").body.decode().splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("sonicmesh_event_listeners "))


def test_streams_are_limited_and_end_with_the_gateway() -> None:
    with serving("library", SONICMESH_EVENT_CLIENTS="1") as mesh, listening(mesh) as stream:
        assert mesh.get("/events").code == "busy"
        assert mesh.gateway is not None
        assert end(mesh.gateway) == 0
        assert stream.response.read().endswith(b"\n\n")
