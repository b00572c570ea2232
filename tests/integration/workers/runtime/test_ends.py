"""How workers end, and what it costs those who wait: nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from broker.wire import Reply
from contract.errors import DeadlineExceeded, Poisoned
from contract.mesh import SILENCE_SECONDS
from tests.harness.mesh import workers_of
from tests.harness.processes import ends, kill
from tests.harness.waiting import eventually
from tests.harness.worker_mesh import WorkerMesh


@pytest.fixture
def mesh() -> Iterator[WorkerMesh]:
    with WorkerMesh(SONICMESH_DRAIN_S="10", SONICMESH_HANG_S="0.5") as one:
        yield one


def burst(mesh: WorkerMesh, count: int, seconds: float) -> list[Future[Reply]]:
    return [mesh.client.submit("odd", "batch", {"seconds": seconds}, timeout=60) for _ in range(count)]


def results(calls: list[Future[Reply]]) -> list[dict[str, Any]]:
    return [call.result(60).result for call in calls]


def at_work(mesh: WorkerMesh, name: str) -> None:
    eventually(lambda: mesh.try_stats(name).get("busy"), f"{name} is at work")


def test_killed_in_mid_batch_nobody_notices(mesh: WorkerMesh) -> None:
    # Given
    first, second = mesh.odd("odd_01"), mesh.odd("odd_02")
    calls = burst(mesh, 12, 0.3)
    at_work(mesh, "odd_01")
    # When
    kill(first)
    # Then
    assert second.pid in {result["pid"] for result in results(calls)}
    assert [call.exception() for call in calls] == [None] * 12


def test_the_only_worker_is_killed_and_comes_back(mesh: WorkerMesh) -> None:
    # Given
    first = mesh.odd()
    calls = burst(mesh, 4, 0.5)
    at_work(mesh, "odd_01")
    # When
    kill(first)
    again = mesh.odd()
    # Then
    assert {result["pid"] for result in results(calls)} == {again.pid}


def test_a_call_that_kills_once_is_answered_by_the_next_worker(mesh: WorkerMesh) -> None:
    first, second = mesh.odd("odd_01"), mesh.odd("odd_02")
    result = mesh.client.call("odd", "die-once", {"mark": str(mesh.folder / "mark")}).result
    assert {result["died"], result["pid"]} == {first.pid, second.pid}


def test_a_call_that_always_kills_is_poisoned_and_spares_the_rest(mesh: WorkerMesh) -> None:
    # Given
    for number in range(4):
        mesh.odd(f"odd_{number:02}")
    # When
    with pytest.raises(Poisoned):
        mesh.client.call("odd", "die", timeout=60)
    # Then
    assert mesh.client.call("odd", "echo", {"alive": 1}).result == {"alive": 1}
    assert len(mesh.names("odd")) == 1


def test_a_file_that_kills_the_decoder_costs_the_others_nothing(mesh: WorkerMesh) -> None:
    # Given
    for number in range(4):
        mesh.odd(f"odd_{number:02}")
    good = [mesh.client.submit("odd", "prepared", {"seconds": 0.2}, timeout=60) for _ in range(8)]
    # When
    bad = mesh.client.submit("odd", "prepared", {"fail": "die"}, timeout=60)
    more = [mesh.client.submit("odd", "prepared", {"seconds": 0.2}, timeout=60) for _ in range(8)]
    # Then
    assert isinstance(bad.exception(60), Poisoned)
    assert [call.exception(60) for call in (*good, *more)] == [None] * 16


def test_a_stopped_process_loses_its_work_to_another_and_comes_back(mesh: WorkerMesh) -> None:
    # Given
    first, second = mesh.odd("odd_01"), mesh.odd("odd_02")
    calls = burst(mesh, 8, 0.3)
    at_work(mesh, "odd_01")
    # When
    first.send_signal(signal.SIGSTOP)
    pids = {result["pid"] for result in results(calls)}
    # Then
    assert second.pid in pids
    first.send_signal(signal.SIGCONT)
    mesh.wait_for("odd", "odd_01")
    assert mesh.stats("odd_01")["state"] == "ready"


def test_sigterm_finishes_what_is_held_and_takes_nothing_new(mesh: WorkerMesh) -> None:
    # Given
    first = mesh.odd("odd_01")
    calls = burst(mesh, 6, 0.3)
    at_work(mesh, "odd_01")
    # When
    first.send_signal(signal.SIGTERM)
    # Then
    assert ends(first) == 0
    assert {result["pid"] for result in results(calls)} == {first.pid}
    assert mesh.names("odd") == []


def test_what_comes_during_the_drain_goes_to_another_worker(mesh: WorkerMesh) -> None:
    # Given
    first, second = mesh.odd("odd_01"), mesh.odd("odd_02")
    calls = burst(mesh, 4, 0.5)
    at_work(mesh, "odd_01")
    # When
    mesh.client.call("worker.odd_01", "worker.drain")
    eventually(lambda: _credit(mesh, "odd_01") == 0, "odd_01 announced that it drains")
    later = results(burst(mesh, 6, 0.0))
    # Then
    assert {result["pid"] for result in later} == {second.pid}
    assert ends(first) == 0
    assert results(calls)


def _credit(mesh: WorkerMesh, name: str) -> int | None:
    """None once the worker is gone."""
    return next((row["credit"] for row in workers_of(mesh.client, "odd") if row["worker"] == name), 0)


def test_a_second_sigterm_ends_at_once(mesh: WorkerMesh) -> None:
    # Given
    first = mesh.odd("odd_01")
    call = mesh.client.submit("odd", "hang", {"mark": str(mesh.folder / "hangs")}, timeout=60)
    eventually((mesh.folder / "hangs").exists, "the call hangs")
    # When
    first.send_signal(signal.SIGTERM)
    eventually(lambda: mesh.try_stats("odd_01").get("state") == "draining", "it drains")
    first.send_signal(signal.SIGTERM)
    # Then
    assert ends(first) == 0
    call.cancel()


def test_a_drain_that_takes_too_long_is_cut_short() -> None:
    with WorkerMesh(SONICMESH_DRAIN_S="0.5") as mesh:
        first = mesh.odd("odd_01")
        call = mesh.client.submit("odd", "hang", {"mark": str(mesh.folder / "hangs")}, timeout=60)
        eventually((mesh.folder / "hangs").exists, "the call hangs")
        first.send_signal(signal.SIGTERM)
        assert ends(first) == 0
        call.cancel()


def test_a_worker_that_hangs_past_a_deadline_ends_itself(mesh: WorkerMesh) -> None:
    # Given
    first = mesh.odd("odd_01")
    # When
    with pytest.raises(DeadlineExceeded):
        mesh.client.call("odd", "hang", {"mark": str(mesh.folder / "hangs")}, timeout=0.5)
    # Then: the supervisor starts it again
    assert ends(first) == 1


def test_a_worker_that_hangs_in_c_ends_itself_too(mesh: WorkerMesh) -> None:
    # Given a call that holds the interpreter's lock, so that nothing of the worker runs
    first = mesh.odd("odd_01")
    call = mesh.client.submit("odd", "hang-in-c", timeout=60)
    # Then
    assert ends(first) == 1
    call.cancel()


def test_a_worker_that_hangs_in_a_decoder_ends_itself_too(mesh: WorkerMesh) -> None:
    first = mesh.odd("odd_01")
    with pytest.raises(DeadlineExceeded):
        mesh.client.call("odd", "prepared", {"seconds": 600}, timeout=0.5)
    assert ends(first) == 1


def test_a_worker_whose_other_threads_hang_ends_itself_too(mesh: WorkerMesh) -> None:
    first = mesh.odd("odd_01")
    with pytest.raises(DeadlineExceeded):
        mesh.client.call("odd", "later", {"seconds": 600}, timeout=0.5)
    assert ends(first) == 1


def test_a_broker_that_restarts_costs_nothing(mesh: WorkerMesh) -> None:
    # Given
    first = mesh.odd("odd_01")
    calls = burst(mesh, 6, 0.3)
    at_work(mesh, "odd_01")
    # When
    kill(mesh.broker)
    mesh.start_broker()
    # Then
    assert {result["pid"] for result in results(calls)} == {first.pid}
    mesh.wait_for("odd", "odd_01")


def test_a_broker_that_was_silent_for_long_gets_the_answer_that_was_computed_meanwhile(mesh: WorkerMesh) -> None:
    # Given
    mesh.odd("odd_01")
    call = mesh.client.submit("odd", "sleep", {"seconds": SILENCE_SECONDS + 4}, timeout=60)
    at_work(mesh, "odd_01")
    # When
    mesh.broker.send_signal(signal.SIGSTOP)
    time.sleep(SILENCE_SECONDS + 1)
    mesh.broker.send_signal(signal.SIGCONT)
    # Then: the worker registered again, and the call ran once
    assert call.result(60).result["order"] == 1
    assert mesh.client.call("odd", "sleep", {"seconds": 0}).result["order"] == 2
    assert mesh.names("odd") == ["odd_01"]


def test_a_service_that_cannot_start_says_why_and_tries_again(mesh: WorkerMesh) -> None:
    # Given
    gate = mesh.folder / "gate"
    process = mesh.spawn("-m", "tests.harness.services", "odd", "--name", "odd_01", "--gate", str(gate))
    # When
    stats = eventually(lambda: mesh.try_stats("odd_01"), "the worker answers before its service does")
    stats = eventually(lambda: mesh.stats("odd_01")["reason"], "it says why it waits")
    # Then
    assert stats == "gate is missing"
    assert mesh.names("odd") == []
    gate.touch()
    mesh.wait_for("odd", "odd_01")
    assert mesh.client.call("odd", "echo", {"alive": 1}).result == {"alive": 1}
    process.send_signal(signal.SIGTERM)
    assert ends(process) == 0


def test_a_worker_told_to_stop_before_it_could_start_ends(mesh: WorkerMesh, tmp_path: Path) -> None:
    process = mesh.spawn("-m", "tests.harness.services", "odd", "--name", "odd_01", "--gate", str(tmp_path / "never"))
    eventually(lambda: mesh.try_stats("odd_01").get("state") == "waiting", "it waits")
    process.send_signal(signal.SIGTERM)
    assert ends(process) == 0


@pytest.mark.parametrize("kind", ["twice", "garbage", "mute", "never-heartbeats"])
def test_rogues_harm_only_their_own_calls(mesh: WorkerMesh, kind: str) -> None:
    # Given
    mesh.odd("odd_01")
    mesh.spawn("-m", "tests.harness.services", kind, "--service", "rogue")
    eventually(lambda: mesh.names("rogue"), f"{kind} is registered")
    # When
    call = mesh.client.submit("rogue", "anything", timeout=1.0)
    # Then
    if kind == "twice":
        assert call.result(30).result == {"fine": True}
    else:
        with pytest.raises(DeadlineExceeded):
            call.result(30)
    assert mesh.client.call("odd", "echo", {"alive": 1}).result == {"alive": 1}


def test_who_never_heartbeats_is_struck_off(mesh: WorkerMesh) -> None:
    mesh.spawn("-m", "tests.harness.services", "never-heartbeats", "--service", "rogue")
    eventually(lambda: mesh.names("rogue"), "it is registered")
    assert eventually(lambda: mesh.names("rogue") == [], "it is struck off")
