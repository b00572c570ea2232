"""Real processes: a broker, workers, clients."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from broker.aio import AsyncMeshClient
from contract.errors import Busy, DeadlineExceeded, Internal, InvalidRequest, NoWorker, Poisoned
from tests.harness.mesh import Mesh, counters, workers_of
from tests.harness.waiting import PATIENCE_S, eventually


@pytest.fixture
def mesh() -> Iterator[Mesh]:
    with Mesh() as running:
        yield running


def test_call_returns_params_and_blobs(mesh: Mesh) -> None:
    # Given
    mesh.start_echo()
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        # When
        reply = client.call("echo", "echo", {"text": "für"}, [b"\x00" * 300_000, b""])
    # Then
    assert reply.result["text"] == "für"
    assert [len(blob) for blob in reply.blobs] == [300_000, 0]


def test_unknown_service_is_refused(mesh: Mesh) -> None:
    with mesh.connect() as client, pytest.raises(NoWorker):
        client.call("nobody", "echo", timeout=PATIENCE_S)


def test_unknown_lane_is_refused(mesh: Mesh) -> None:
    with mesh.connect() as client, pytest.raises(InvalidRequest):
        client.call("echo@express", "echo", timeout=PATIENCE_S)


def test_large_requests_are_refused_before_they_fill_the_memory() -> None:
    with Mesh(SONICMESH_QUEUE_BYTES="1000000") as mesh, mesh.connect() as client:
        # Given a worker that holds a large request for ever
        mesh.start_echo(credit=1)
        eventually(lambda: workers_of(client), "worker")
        held = client.submit("echo", "hang", blobs=[bytes(600_000)], timeout=PATIENCE_S)
        # Then the next large one is refused at once, a small one waits
        with pytest.raises(Busy):
            client.call("echo", "echo", blobs=[bytes(600_000)], timeout=PATIENCE_S)
        small = client.submit("echo", "echo", timeout=PATIENCE_S)
        assert client.call("mmi.queues", "show").result["bytes"] > 600_000
        # When the first is taken back, there is room again
        held.cancel()
        large = client.submit("echo", "echo", blobs=[bytes(600_000)], timeout=PATIENCE_S)
        mesh.start_echo(credit=1)
        assert [len(each.result().blobs) for each in (small, large)] == [0, 1]
        assert client.call("mmi.queues", "show").result["bytes"] == 0


def test_expected_service_waits_for_its_worker(mesh: Mesh) -> None:
    with mesh.connect() as client:
        future = client.submit("search", "echo", {"n": 1}, timeout=PATIENCE_S)
        mesh.start_echo("search")
        assert future.result().result["n"] == 1


def test_deadline_is_answered_while_the_worker_hangs(mesh: Mesh) -> None:
    mesh.start_echo(credit=1)
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            client.call("echo", "hang", timeout=0.3)
        assert time.monotonic() - started >= 0.3
        # The hung worker keeps its only credit: the next call waits in the queue and expires there.
        with pytest.raises(DeadlineExceeded):
            client.call("echo", "echo", timeout=0.3)
        assert counters(client)["expired"] == 2
        assert workers_of(client)[0]["in_flight"] == 1


def test_killed_worker_loses_nothing(mesh: Mesh) -> None:
    # Given a worker that is busy with many requests
    first = mesh.start_echo(credit=8)
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        futures = [client.submit("echo", "sleep", {"seconds": 0.05, "n": n}, timeout=PATIENCE_S) for n in range(40)]
        futures[0].result()
        # When it is killed and another one comes
        first.kill()
        mesh.start_echo(credit=8)
        # Then every request is answered
        assert [future.result().result["n"] for future in futures] == list(range(40))
        assert counters(client)["redelivered"] > 0


def test_killed_worker_is_noticed_long_before_its_heartbeats_are_missed(mesh: Mesh) -> None:
    victim = mesh.start_echo()
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        victim.kill()
        started = time.monotonic()
        eventually(lambda: not workers_of(client), "loss of the worker")
        assert time.monotonic() - started < 2.0


def test_stopped_worker_is_lost_and_comes_back(mesh: Mesh) -> None:
    worker = mesh.start_echo()
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        worker.send_signal(signal.SIGSTOP)
        eventually(lambda: not workers_of(client), "loss of the stopped worker")
        worker.send_signal(signal.SIGCONT)
        eventually(lambda: workers_of(client), "its return")
        assert client.call("echo", "echo", {"n": 2}, timeout=PATIENCE_S).result["n"] == 2


def test_request_that_kills_workers_is_poisoned(mesh: Mesh) -> None:
    # Given a supervisor that starts dead workers again, and an innocent request beside the deadly one
    worker = mesh.start_echo(credit=4)
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        deadly = client.submit("echo", "die", timeout=PATIENCE_S)
        innocent = client.submit("echo", "sleep", {"seconds": 0.01}, timeout=PATIENCE_S)
        # When
        while not deadly.done() or not innocent.done():
            if worker.poll() is not None:
                worker = mesh.start_echo(credit=4)
            time.sleep(0.02)
        # Then
        with pytest.raises(Poisoned, match="disconnected"):
            deadly.result()
        assert innocent.result().result["op"] == "sleep"
        assert counters(client)["workers_lost"] == 3


def test_sigterm_drains_the_worker(mesh: Mesh) -> None:
    worker = mesh.start_echo(credit=1)
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        held = client.submit("echo", "sleep", {"seconds": 0.5}, timeout=PATIENCE_S)
        eventually(lambda: workers_of(client)[0]["in_flight"] == 1, "delivery")
        worker.terminate()
        assert held.result().result["op"] == "sleep"
        assert worker.wait(PATIENCE_S) == 0
        assert counters(client)["workers_lost"] == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_broker_restart_is_invisible_to_callers(mesh: Mesh, how: signal.Signals) -> None:
    # Given calls under way
    mesh.start_echo(credit=2)
    with mesh.connect() as client:
        eventually(lambda: workers_of(client), "worker")
        futures = [client.submit("echo", "sleep", {"seconds": 0.05, "n": n}, timeout=PATIENCE_S) for n in range(20)]
        futures[0].result()
        # When the broker dies and comes back
        broker = mesh.processes[0]
        broker.send_signal(how)
        broker.wait(PATIENCE_S)
        mesh.start_broker()
        # Then all of them are answered, and the worker is there again
        eventually(lambda: workers_of(client), "worker after the restart")
        with_names = [future.result(PATIENCE_S).result["n"] for future in futures]
        assert with_names == list(range(20))


def test_cancelled_future_frees_its_place(mesh: Mesh) -> None:
    with mesh.connect() as client:
        future = client.submit("search", "echo", timeout=PATIENCE_S)
        eventually(
            lambda: client.call("mmi.queues", "show").result["queues"]["search"]["interactive"], "queued request"
        )
        assert future.cancel()
        eventually(lambda: not client.call("mmi.queues", "show").result["queues"]["search"]["interactive"], "cancel")
        with pytest.raises(CancelledError):
            future.result()


def test_killed_client_frees_its_queued_work(mesh: Mesh) -> None:
    code = f"from broker.client import MeshClient; MeshClient({mesh.endpoint!r}).call('search', 'echo', timeout=60)"
    caller = mesh.spawn("-c", code)
    with mesh.connect() as client:

        def queued() -> int:
            depth: int = client.call("mmi.queues", "show").result["queues"]["search"]["interactive"]
            return depth

        eventually(queued, "queued request")
        caller.kill()
        eventually(lambda: queued() == 0, "freed place")
        assert counters(client)["cancelled"] == 1


def test_second_broker_on_the_same_endpoint_is_refused(mesh: Mesh) -> None:
    with mesh.connect() as client:
        client.call("mmi.services", "list")
        second = subprocess.run(
            [sys.executable, "-m", "broker"], env=mesh.environment, capture_output=True, timeout=PATIENCE_S, check=False
        )
        assert second.returncode == 1
        assert second.stderr.decode().splitlines()[-1].startswith("broker: a broker is already running here")
        assert client.call("mmi.services", "list").result["services"]


def test_taken_tcp_port_is_one_clear_line(mesh: Mesh) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        folder = mesh.environment["SONICMESH_RUN"] + "2"
        second = subprocess.run(
            [sys.executable, "-m", "broker"],
            env=mesh.environment | {"SONICMESH_BROKER": endpoint, "SONICMESH_RUN": folder},
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert second.returncode == 1
    assert "Address already in use" in second.stderr.decode().splitlines()[-1]


def test_async_call_that_ends_in_its_own_turn_is_never_sent(mesh: Mesh) -> None:
    async def run() -> None:
        async with AsyncMeshClient(mesh.endpoint) as client:
            await client.call("mmi.service", "look", timeout=PATIENCE_S)
            call = asyncio.create_task(client.call("search", "echo", timeout=PATIENCE_S))
            asyncio.get_running_loop().call_soon(call.cancel)  # after the call is made, before it is sent
            with pytest.raises(asyncio.CancelledError):
                await call
            told = (await client.call("mmi.queues", "show", timeout=PATIENCE_S)).result
            assert (told["open"], told["counters"]["cancelled"]) == (0, 0)
            late = asyncio.create_task(client.call("search", "echo", timeout=PATIENCE_S))
            await asyncio.sleep(0)
            client.close()
            with pytest.raises(Internal):
                await late

    asyncio.run(run())


def test_async_client_calls_and_cancels(mesh: Mesh) -> None:
    mesh.start_echo(credit=64)

    async def scenario() -> list[int]:
        async with AsyncMeshClient(mesh.endpoint) as client:
            waiting = asyncio.create_task(client.call("search", "echo", timeout=PATIENCE_S))
            await asyncio.sleep(0)
            while not (await client.call("mmi.queues", "show")).result["queues"]["search"]["interactive"]:
                await asyncio.sleep(0.01)
            waiting.cancel()
            while (await client.call("mmi.queues", "show")).result["queues"]["search"]["interactive"]:
                await asyncio.sleep(0.01)
            while (await client.call("mmi.service", "show", {"service": "echo"})).result["code"] != 200:
                await asyncio.sleep(0.01)
            replies = await asyncio.gather(*(client.call("echo", "echo", {"n": n}) for n in range(500)))
            with pytest.raises(NoWorker):
                await client.call("nobody", "echo")
            return [reply.result["n"] for reply in replies]

    assert asyncio.run(asyncio.wait_for(scenario(), PATIENCE_S)) == list(range(500))
