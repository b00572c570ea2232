"""The worker loop, in a real process behind a real broker: what it answers, in which order, in which batches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from broker.wire import Reply
from contract.errors import Conflict, DeadlineExceeded, DecodeFailed, Internal, InvalidRequest, MeshError
from tests.harness.waiting import eventually
from tests.harness.worker_mesh import WorkerMesh


@pytest.fixture(scope="module")
def mesh() -> Iterator[WorkerMesh]:
    with WorkerMesh() as one:
        one.odd()
        yield one


def busy(mesh: WorkerMesh, seconds: float) -> Future[Reply]:
    """The worker is busy for a while: later calls wait."""
    before = mesh.stats("odd_01")["handled"]
    future = mesh.client.submit("odd", "sleep", {"seconds": seconds})
    eventually(lambda: mesh.stats("odd_01")["busy"], "the worker is at work")
    assert mesh.stats("odd_01")["handled"] == before
    return future


def test_params_and_blobs_come_back(mesh: WorkerMesh) -> None:
    reply = mesh.client.call("odd", "echo", {"text": "ä", "n": 1.5}, [b"\x00\x01", b""])
    assert (reply.result, [bytes(blob) for blob in reply.blobs]) == ({"text": "ä", "n": 1.5}, [b"\x00\x01", b""])


def test_a_typed_error_keeps_its_code_and_detail(mesh: WorkerMesh) -> None:
    with pytest.raises(Conflict) as caught:
        mesh.client.call("odd", "conflict")
    assert (caught.value.message, caught.value.detail) == ("not now", {"since": 1})


@pytest.mark.parametrize("op", ["raise", "too-few", "unpackable"])
def test_a_defect_is_internal_and_tells_nothing_of_the_inside(mesh: WorkerMesh, op: str) -> None:
    with pytest.raises(Internal) as caught:
        mesh.client.call("odd", op)
    assert op in caught.value.message
    assert "secret" not in caught.value.message
    assert mesh.client.call("odd", "echo", {"alive": 1}).result == {"alive": 1}


def test_what_is_answered_later_holds_nobody_up(mesh: WorkerMesh) -> None:
    # Given calls that another thread of the worker is at
    slow = [mesh.client.submit("odd", "later", {"seconds": 3}) for _ in range(2)]
    eventually(lambda: mesh.stats("odd_01")["busy"] == 2, "the worker has both")
    # When it is asked something else
    assert mesh.client.call("odd", "echo", {"n": 1}).result == {"n": 1}
    # Then that was answered at once, and they once they are done
    assert not any(call.done() for call in slow)
    assert all(call.result(60).result["pid"] for call in slow)


def test_errors_that_come_later_are_errors_all_the_same(mesh: WorkerMesh) -> None:
    with pytest.raises(Conflict):
        mesh.client.call("odd", "later", {"fail": "typed"})
    with pytest.raises(Internal) as caught:
        mesh.client.call("odd", "later", {"fail": "defect"})
    assert "secret" not in caught.value.message


def test_an_unknown_operation_names_those_there_are(mesh: WorkerMesh) -> None:
    with pytest.raises(InvalidRequest, match="echo"):
        mesh.client.call("odd", "nonsense")


def test_a_burst_is_served_in_batches(mesh: WorkerMesh) -> None:
    # Given
    blocker = busy(mesh, 0.5)
    # When
    burst = [mesh.client.submit("odd", "batch", {"seconds": 0.0}) for _ in range(7)]
    sizes = [future.result(30).result["size"] for future in burst]
    # Then
    assert blocker.result(30).result["lane"] == "interactive"
    assert max(sizes) == 4
    assert min(sizes) >= 2


def test_a_single_call_does_not_wait_for_company(mesh: WorkerMesh) -> None:
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        assert mesh.client.call("odd", "batch", {"seconds": 0.0}).result["size"] == 1
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.02


def test_the_interactive_lane_goes_first(mesh: WorkerMesh) -> None:
    # Given
    blocker = busy(mesh, 0.5)
    batch = [mesh.client.submit("odd", "sleep", {"seconds": 0.0}, lane="batch") for _ in range(3)]
    eventually(lambda: mesh.stats("odd_01")["busy"] >= 4, "the batch lane waits in the worker")
    # When
    upload = mesh.client.submit("odd", "sleep", {"seconds": 0.0}, lane="upload")
    urgent = mesh.client.submit("odd", "sleep", {"seconds": 0.0})
    # Then
    order = [future.result(30).result["order"] for future in (blocker, urgent, upload, *batch)]
    assert order == sorted(order)


def test_a_call_past_its_deadline_does_not_run(mesh: WorkerMesh) -> None:
    # Given
    blocker = busy(mesh, 1.0)
    # When
    late = mesh.client.submit("odd", "sleep", {"seconds": 0.0}, timeout=0.2)
    with pytest.raises(DeadlineExceeded):
        late.result(30)
    # Then: the next one to run follows the blocker directly
    order = blocker.result(30).result["order"]
    assert mesh.client.call("odd", "sleep", {"seconds": 0.0}).result["order"] == order + 1


def test_preparing_runs_ahead_in_the_pool(mesh: WorkerMesh) -> None:
    # Given
    blocker = busy(mesh, 0.5)
    # When
    calls = [mesh.client.submit("odd", "prepared", {"seconds": 0.05}) for _ in range(4)]
    results = [future.result(30).result for future in calls]
    # Then
    assert blocker.done()
    assert all(result["thread"].startswith("prepare") for result in results)
    assert max(result["size"] for result in results) >= 2


def test_a_call_that_cannot_be_prepared_is_answered_alone(mesh: WorkerMesh) -> None:
    good = mesh.client.submit("odd", "prepared", {"seconds": 0.1})
    bad = mesh.client.submit("odd", "prepared", {"fail": "typed"})
    broken = mesh.client.submit("odd", "prepared", {"fail": "untyped"})
    with pytest.raises(DecodeFailed, match="no music"):
        bad.result(30)
    with pytest.raises(Internal):
        broken.result(30)
    assert good.result(30).result["size"] == 1


def test_what_was_prepared_in_vain_is_discarded(mesh: WorkerMesh) -> None:
    # Given
    before = mesh.counts("odd_01")["discarded"]
    blocker = busy(mesh, 1.0)
    # When
    late = mesh.client.submit("odd", "prepared", {}, timeout=0.3)
    with pytest.raises(DeadlineExceeded):
        late.result(30)
    # Then
    assert blocker.result(30)
    eventually(lambda: mesh.counts("odd_01")["discarded"] == before + 1, "the prepared call was discarded")


def test_stats_are_answered_at_once_while_it_computes(mesh: WorkerMesh) -> None:
    # Given
    blocker = busy(mesh, 1.0)
    # When
    stats = mesh.stats("odd_01")
    # Then
    assert not blocker.done()
    assert stats["busy"] == 1
    assert (stats["service"], stats["worker"], stats["state"]) == ("odd", "odd_01", "ready")
    assert {"pid", "host", "device", "loaded", "model", "memory_bytes", "handled", "failed"} <= stats.keys()
    blocker.result(30)


def test_stats_count_what_was_answered_and_what_failed(mesh: WorkerMesh) -> None:
    before = mesh.stats("odd_01")
    mesh.client.call("odd", "echo")
    for op, params in (("raise", {}), ("prepared", {"fail": "typed"})):
        with pytest.raises(MeshError):
            mesh.client.call("odd", op, params)
    after = mesh.stats("odd_01")
    assert (after["handled"] - before["handled"], after["failed"] - before["failed"]) == (3, 2)


def test_idle_is_called_while_nothing_waits(mesh: WorkerMesh) -> None:
    before = mesh.counts("odd_01")["idle"]
    assert eventually(lambda: mesh.counts("odd_01")["idle"] > before, "idle was called")
