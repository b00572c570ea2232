"""`/healthz` and `/readyz`: which parts are ready, and why the others are not."""

from __future__ import annotations

import signal
import time

from tests.harness.gateway_mesh import GatewayMesh, serving
from tests.harness.processes import end
from tests.harness.waiting import eventually


def test_all_is_well(home: GatewayMesh) -> None:
    health = home.get("/healthz").json
    assert (health["status"], set(health)) == ("ok", {"status", "version", "uptime_seconds"})
    ready = home.get("/readyz")
    assert (ready.status, ready.json["ready"]) == (200, True)
    assert set(ready.json["parts"]) == {"broker", "search", "library", "embed.spectral", "embed.muq"}


def test_a_library_that_waits_says_why(home: GatewayMesh) -> None:
    home.tell("library-waits", "the database is locked")
    ready = home.get("/readyz")
    assert ready.status == 200
    part = ready.json["parts"]["library"]
    assert (part["ready"], part["needed"], part["reason"]) == (False, False, "the database is locked")


def test_without_search_nothing_can_be_recommended() -> None:
    with serving("library") as home:
        began = time.monotonic()
        ready = home.get("/readyz")
        assert (ready.status, ready.code, ready.json["ready"]) == (503, "no_worker", False)
        assert time.monotonic() - began < 15
        assert ready.json["error"]["detail"] == {"parts": ["search"]}
        assert ready.json["parts"]["embed.muq"]["reason"] == "no worker of it is running"
        assert home.get("/v2/health/ready").status == 503


def test_a_lost_broker_is_told_at_once_and_its_return_too() -> None:
    with serving("search", "library") as home:
        # Given a gateway whose broker was killed
        assert home.playlist().status == 200
        end(home.broker, signal.SIGKILL)
        # Then requests are answered with a reason, and soon without waiting
        began = time.monotonic()
        first = home.playlist()
        assert (first.status, first.code) in {(503, "no_worker"), (504, "deadline_exceeded")}
        assert time.monotonic() - began < 15
        eventually(lambda: home.playlist().code == "no_worker", "the broker counts as lost")
        began = time.monotonic()
        assert home.playlist().status == 503
        assert time.monotonic() - began < 4
        assert home.get("/healthz").status == 200
        assert home.get("/readyz").json["parts"]["broker"]["ready"] is False
        assert {model["status"] for model in home.get("/models").json} == {"unavailable"}
        assert "broker" in home.get("/models").json[0]["reason"]
        # When it is back, so is everything else, without a restart
        home.start_broker()
        eventually(lambda: home.playlist().status == 200, "playlists go on")
        eventually(lambda: home.get("/readyz").status == 200, "the mesh is ready")
