"""`/healthz` and `/readyz`: which parts are ready, and why the others are not."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

from tests.harness.gateway_mesh import GatewayMesh, serving
from tests.harness.processes import end
from tests.harness.waiting import eventually


def test_all_is_well(mesh: GatewayMesh) -> None:
    health = mesh.get("/healthz").json
    assert (health["status"], set(health)) == ("ok", {"status", "version", "uptime_seconds"})
    ready = mesh.get("/readyz")
    assert (ready.status, ready.json["ready"]) == (200, True)
    assert set(ready.json["parts"]) == {"broker", "search", "library", "embed.spectral", "embed.muq"}


def test_a_library_that_waits_says_why(mesh: GatewayMesh) -> None:
    mesh.tell("library-waits", "the database is locked")
    ready = mesh.get("/readyz")
    assert ready.status == 200
    part = ready.json["parts"]["library"]
    assert (part["ready"], part["needed"], part["reason"]) == (False, False, "the database is locked")


def test_without_search_nothing_can_be_recommended() -> None:
    with serving("library") as mesh:
        began = time.monotonic()
        ready = mesh.get("/readyz")
        assert (ready.status, ready.code, ready.json["ready"]) == (503, "no_worker", False)
        assert time.monotonic() - began < 15
        assert ready.json["error"]["detail"] == {"parts": ["search"]}
        assert ready.json["parts"]["embed.muq"]["reason"] == "no worker of it is running"
        assert mesh.get("/v2/health/ready").status == 503


def test_requests_wait_for_a_broker_that_returns() -> None:
    with serving("search", "library") as mesh, ThreadPoolExecutor() as people:
        assert mesh.playlist().status == 200
        # Given a broker that is gone for longer than the gateway takes to notice
        end(mesh.broker, signal.SIGKILL)
        asked = [people.submit(mesh.playlist)]
        eventually(lambda: mesh.get("/readyz").json["parts"]["broker"]["ready"] is False, "the broker counts as lost")
        asked.append(people.submit(mesh.playlist))
        # When it is back
        mesh.start_broker()
        # Then nobody notices
        assert [one.result(60).status for one in asked] == [200, 200]


def test_a_lost_broker_is_told_at_once_and_its_return_too() -> None:
    with serving("search", "library") as mesh:
        # Given a gateway whose broker was killed
        assert mesh.playlist().status == 200
        end(mesh.broker, signal.SIGKILL)
        # Then requests are answered with a reason, and soon without waiting
        began = time.monotonic()
        first = mesh.playlist()
        assert (first.status, first.code) in {(503, "no_worker"), (504, "deadline_exceeded")}
        assert time.monotonic() - began < 15
        eventually(lambda: mesh.playlist().code == "no_worker", "the broker counts as lost")
        began = time.monotonic()
        assert mesh.playlist().status == 503
        assert time.monotonic() - began < 4
        assert mesh.get("/healthz").status == 200
        assert mesh.get("/readyz").json["parts"]["broker"]["ready"] is False
        assert {model["status"] for model in mesh.get("/models").json} == {"unavailable"}
        assert "broker" in mesh.get("/models").json[0]["reason"]
        # When it is back, so is everything else, without a restart
        mesh.start_broker()
        eventually(lambda: mesh.playlist().status == 200, "playlists go on")
        eventually(lambda: mesh.get("/readyz").status == 200, "the mesh is ready")
