"""The broker and peers written from the RFC alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import zmq

from tests.harness.mesh import Mesh, counters
from tests.harness.rfc18 import Frames, RfcClient, RfcWorker
from tests.harness.waiting import PATIENCE_S, eventually


def upper(body: Frames) -> list[Frames]:
    """One part for each frame, then all of them."""
    return [*([frame.upper()] for frame in body), [frame.upper() for frame in body]]


@pytest.fixture
def mesh() -> Iterator[Mesh]:
    with Mesh() as running:
        running.client.call("mmi.services", "list", timeout=PATIENCE_S)
        yield running


@pytest.fixture
def client(mesh: Mesh) -> Iterator[RfcClient]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    caller = RfcClient(context, mesh.endpoint)
    yield caller
    caller.close()
    context.destroy(linger=0)


@pytest.fixture
def worker(mesh: Mesh) -> Iterator[RfcWorker]:
    serving = RfcWorker(mesh.endpoint, b"upper", upper)
    yield serving
    serving.close()


def test_parts_come_in_order_and_one_final_ends_them(client: RfcClient, worker: RfcWorker) -> None:
    for text in (b"one", b"two"):
        client.send(b"upper", text, b"", b"more")
    for text in (b"ONE", b"TWO"):
        assert client.receive(PATIENCE_S) == (b"\x02", b"upper", [text])
        assert client.receive(PATIENCE_S) == (b"\x02", b"upper", [b""])
        assert client.receive(PATIENCE_S) == (b"\x02", b"upper", [b"MORE"])
        assert client.receive(PATIENCE_S) == (b"\x03", b"upper", [text, b"", b"MORE"])


def test_heartbeats_keep_both_sides_together(mesh: Mesh, worker: RfcWorker) -> None:
    eventually(lambda: worker.heartbeats >= 4, "heartbeats")
    assert worker.registrations == 1
    assert counters(mesh.client)["malformed"] == 0


def test_the_worker_finds_a_broker_that_has_restarted(mesh: Mesh, client: RfcClient, worker: RfcWorker) -> None:
    client.send(b"upper", b"before")
    while client.receive(PATIENCE_S)[0] != b"\x03":
        pass
    mesh.broker.kill()
    mesh.broker.wait()
    mesh.start_broker()
    eventually(lambda: worker.registrations == 2, "it registers again")
    eventually(lambda: mesh.names("upper"), "it serves again")
    client.send(b"upper", b"after")
    while (reply := client.receive(PATIENCE_S))[0] != b"\x03":
        pass
    assert reply[2] == [b"AFTER"]


def test_a_worker_that_leaves_is_gone_at_once(mesh: Mesh, worker: RfcWorker) -> None:
    eventually(lambda: mesh.names("upper"), "it serves")
    worker.close()
    eventually(lambda: not mesh.names("upper"), "it is gone")
    assert counters(mesh.client)["workers_lost"] == 0


def test_the_management_service_answers_as_rfc_8_says(mesh: Mesh, client: RfcClient, worker: RfcWorker) -> None:
    eventually(lambda: mesh.names("upper"), "it serves")
    for service, body, code in (
        (b"mmi.service", b"upper", b"200"),
        (b"mmi.service", b"x", b"404"),
        (b"mmi.x", b"", b"501"),
    ):
        client.send(service, body)
        assert client.receive(PATIENCE_S) == (b"\x03", service, [code])
