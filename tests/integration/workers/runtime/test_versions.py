"""Hosts are upgraded one after the other: a worker of another contract version is refused, says so once, and is
accepted as soon as both speak the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import zmq

import contract
from broker import wire
from broker.events import EventSubscriber
from broker.wire import pack_map, unpack_map
from contract.errors import NoWorker
from contract.events import read_event
from contract.mesh import Announcement, Refusal
from contract.presence import WorkerRefused
from tests.harness.waiting import PATIENCE_S, eventually
from tests.harness.worker_mesh import WorkerMesh
from workers.runtime import broker_connection as peers
from workers.runtime.broker_connection import BrokerConnection

OLDER, NEWER = contract.VERSION - 1, contract.VERSION + 1


@pytest.fixture
def mesh() -> Iterator[WorkerMesh]:
    with WorkerMesh() as one:
        yield one


def refusal(mesh: WorkerMesh) -> WorkerRefused:
    """The last one that was published."""
    events = EventSubscriber(mesh.settings.events_endpoint, [WorkerRefused.topic])
    try:
        received = events.receive(PATIENCE_S)
    finally:
        events.close()
    assert received is not None
    event = read_event(*received)
    assert isinstance(event, WorkerRefused)
    return event


def test_an_older_worker_is_refused_and_one_beside_it_serves(capfd: pytest.CaptureFixture[str]) -> None:
    with WorkerMesh() as mesh:
        # When
        log = mesh.folder / "odd_01.log"
        module = "tests.harness.services.versioned"
        old = mesh.spawn_logged(log, "-m", module, str(OLDER), "odd", "odd_01")
        # Then everybody is told, and a call does not wait
        told = refusal(mesh)
        assert (told.service, told.worker, told.pid) == ("odd", "odd_01", old.pid)
        assert f"version {OLDER} " in told.reason
        assert f"version {contract.VERSION};" in told.reason
        with pytest.raises(NoWorker):
            mesh.client.call("odd", "echo")
        # When one of this version comes
        new = mesh.odd("odd_02")
        time.sleep(3.5)  # more than three heartbeats
        # Then it alone serves, the other stays alive, and each side has logged its line once
        assert eventually(lambda: mesh.names("odd"), "one serves") == ["odd_02"]
        assert mesh.client.call("odd", "sleep", {"seconds": 0}).result["pid"] == new.pid
        assert old.poll() is None
        said, said_by_old = capfd.readouterr().err, log.read_text()
    assert said.count("may not serve odd: it speaks") == 1
    assert said_by_old.count("the broker refuses this worker: it speaks") == 1
    assert "the broker refuses this worker" not in said
    # The one that serves may miss heartbeats while it starts on a loaded machine; the one that is refused sends none.
    assert "registering again" not in said_by_old


def test_a_broker_that_is_brought_up_to_date_takes_the_worker(mesh: WorkerMesh) -> None:
    # Given
    worker = mesh.spawn("-m", "tests.harness.services.versioned", str(NEWER), "odd", "odd_01")
    assert refusal(mesh).worker == "odd_01"
    assert mesh.names("odd") == []
    # When
    mesh.broker.terminate()
    mesh.broker.wait(30)
    mesh.spawn("-m", "tests.harness.services.versioned", str(NEWER), "broker")
    # Then
    mesh.wait_for("odd", "odd_01")
    assert mesh.client.call("odd", "sleep", {"seconds": 0}).result["pid"] == worker.pid


def test_a_refused_worker_ends_at_once_when_told_to(mesh: WorkerMesh) -> None:
    worker = mesh.spawn("-m", "tests.harness.services.versioned", str(OLDER), "odd", "odd_01")
    assert refusal(mesh).worker == "odd_01"
    worker.terminate()
    assert worker.wait(5) == 0


class Stern:
    """A broker that refuses everybody, on a bare ROUTER, and a registration at it."""

    def __init__(self, folder: Path) -> None:
        self.router: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.ROUTER)
        endpoint = f"ipc://{folder}/stern.ipc"
        self.router.bind(endpoint)
        self.poller = zmq.Poller()
        info = Announcement(credit=1, worker="odd_01", host="here", pid=1, version=contract.VERSION)
        self.peer = BrokerConnection(self.poller, endpoint, "odd", "odd_01", lambda: info)
        #: Commands that came, with the seconds at which they did.
        self.heard: list[tuple[bytes, float]] = []

    def run(self, seconds: float) -> None:
        """Both talk for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            readable = dict(self.poller.poll(10))
            assert not list(self.peer.requests(readable))
            self.peer.tick()
            while self.router.poll(0):
                address, _, _, command, *_ = self.router.recv_multipart()
                self.heard.append((command, time.monotonic()))
                if command == wire.READY:
                    told = pack_map(Refusal(reason="you are too old", version=contract.VERSION + 1))
                    self.router.send_multipart([address, b"", wire.WORKER, wire.DISCONNECT, told])

    def close(self) -> None:
        self.peer.close()
        self.router.close(linger=0)


def test_a_refused_worker_tries_again_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(peers, "REFUSED_SECONDS", 1.5)
    stern = Stern(tmp_path)
    try:
        stern.run(4.0)
    finally:
        stern.close()
    tries = [at for command, at in stern.heard if command == wire.READY]
    assert [command for command, _ in stern.heard if command == wire.HEARTBEAT] == []
    assert len(tries) == 3
    assert all(1.4 < later - earlier < 2.5 for earlier, later in pairwise(tries))
    assert [line for line in caplog.messages if "too old" in line] == [
        "odd: the broker refuses this worker: you are too old (retrying)"
    ]


def test_the_map_of_ready_names_the_version(mesh: WorkerMesh) -> None:
    mesh.odd()
    row = eventually(lambda: mesh.client.call("mmi.workers", "list").result["workers"], "it is listed")[0]
    assert row["version"] == contract.VERSION
    assert unpack_map(pack_map(Announcement(credit=1, worker="w", host="h", pid=1, version=2))).keys() == {
        "credit",
        "worker",
        "host",
        "pid",
        "version",
        "urgent",
    }
