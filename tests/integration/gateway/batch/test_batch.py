"""`/batch/*`: requests of Navidrome's page and of people, and the library's answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.gateway_mesh import GatewayMesh

ABSENT = {"models": None, "clear_existing": False, "retry_failed": False, "track_ids": None, "stand_in": True}


@pytest.fixture(autouse=True)
def no_job(mesh: GatewayMesh) -> Iterator[None]:
    mesh.post("/batch/cancel")
    yield
    mesh.post("/batch/cancel")


@pytest.mark.parametrize(
    ("body", "params"),
    [
        (None, ABSENT),
        ({}, ABSENT),
        ({"models": None, "clearExisting": False}, ABSENT),
        ({"models": []}, ABSENT),
        ({"models": ["muq", "mert"], "clearExisting": True}, {"models": ["muq", "mert"], "clear_existing": True}),
        ({"models": ["muq", "qwen3"]}, {"models": ["muq", "qwen3"]}),
        ({"retryFailed": True, "trackIds": ["a"], "new": 1}, {"retry_failed": True, "track_ids": ["a"]}),
    ],
)
def test_start(mesh: GatewayMesh, body: Any, params: dict[str, Any]) -> None:
    answer = mesh.post("/batch/start", body)
    assert (answer.status, answer.json) == (
        200,
        {"status": "started", "job_id": "j1", "warnings": [], "warning_codes": []},
    )
    assert mesh.last("library", "batch.start") == {**ABSENT, **params}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"models": ["nix"]}, "models.0"),
        ({"models": "muq"}, "models"),
        ({"clearExisting": "true"}, "clearExisting"),
        ({"retryFailed": 1}, "retryFailed"),
        ({"trackIds": [1]}, "trackIds.0"),
        ([], ""),
    ],
)
def test_start_refuses(mesh: GatewayMesh, body: Any, field: str) -> None:
    answer = mesh.post("/batch/start", body)
    assert (answer.status, answer.field) == (400, field)


@pytest.mark.parametrize(
    ("body", "params"),
    [
        ({"kind": "prune", "options": {"all": True}}, {"kind": "prune", "options": {"all": True}}),
        ({"kind": "train_text"}, {"kind": "train_text", "options": {}}),
    ],
)
def test_other_kinds_of_jobs_are_started(mesh: GatewayMesh, body: Any, params: dict[str, Any]) -> None:
    answer = mesh.post("/batch/start", body)
    assert (answer.status, answer.json["job_id"]) == (200, "j1")
    assert mesh.last("library", "jobs.start") == params


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "polka"}, "kind"),
        # it would write a file on the server
        ({"kind": "backup", "options": {"file": "/etc/passwd", "force": True}}, "kind"),
        # it would have the server fetch or read something
        ({"kind": "train_text", "options": {"encoder": "somebody/else"}}, "options.encoder"),
        ({"kind": "prune", "options": []}, "options"),
    ],
)
def test_what_only_the_command_may_start_is_refused(mesh: GatewayMesh, body: Any, field: str) -> None:
    answer = mesh.post("/batch/start", body)
    assert (answer.status, answer.field) == (400, field)


def test_the_job_of_another_kind_is_steered(mesh: GatewayMesh) -> None:
    mesh.post("/batch/start", {"kind": "prune"})
    assert mesh.post("/batch/pause?kind=prune").json == {"status": "paused"}
    assert mesh.last("library", "jobs.pause") == {"kind": "prune"}
    assert mesh.post("/batch/resume?kind=prune").json == {"status": "running"}
    assert mesh.post("/batch/cancel?kind=prune").json == {"status": "cancelling"}
    assert mesh.post("/batch/cancel?kind=polka").field == "kind"


def test_one_job_at_a_time(mesh: GatewayMesh) -> None:
    assert mesh.post("/batch/start").status == 200
    answer = mesh.post("/batch/start")
    assert (answer.status, answer.code, answer.json["error"]["detail"]) == (409, "conflict", {"job_id": "j1"})


def test_the_life_of_a_job(mesh: GatewayMesh) -> None:
    assert mesh.get("/batch/progress").json == {"status": "no_job"}
    assert mesh.post("/batch/cancel").code == "not_found"
    mesh.post("/batch/start")
    assert mesh.get("/batch/progress").json["job_id"] == "j1"
    assert mesh.post("/batch/pause").json == {"status": "paused"}
    assert mesh.post("/batch/resume").json == {"status": "running"}
    assert mesh.post("/batch/cancel").json == {"status": "cancelling"}


def test_history(mesh: GatewayMesh) -> None:
    assert mesh.get("/batch/jobs").json["jobs"][0]["job_id"] == "j1"
    assert mesh.get("/batch/jobs/j1").json["status"] == "running"
    assert mesh.get("/batch/jobs/j2").status == 404


def test_a_page_of_failures(mesh: GatewayMesh) -> None:
    page = mesh.get("/batch/failures?offset=1&limit=2&warnings=true").json
    assert (page["total"], [row["track_id"] for row in page["failures"]]) == (4, ["f1", "f2"])
    assert mesh.last("library", "batch.failures") == {"offset": 1, "limit": 2, "warnings": True, "failures": True}
    assert len(mesh.get("/batch/failures").json["failures"]) == 4


@pytest.mark.parametrize("query", ["offset=-1", "limit=0", "limit=x", "format=xml", "warnings=maybe"])
def test_wrong_pages(mesh: GatewayMesh, query: str) -> None:
    answer = mesh.get(f"/batch/failures?{query}")
    assert (answer.status, answer.field) == (400, query.partition("=")[0])


def test_failures_as_a_table(mesh: GatewayMesh) -> None:
    answer = mesh.get("/batch/failures?format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["track_id"] for row in rows] == ["f0", "f1", "f2", "f3"]
    assert rows[0]["artist"] == "Zoë, B"
    # a title that a spreadsheet would compute is only a text
    assert rows[0]["title"] == "'=1+1"
    limited = mesh.get("/batch/failures?format=csv&offset=1&limit=2").body.decode()
    assert [row["track_id"] for row in csv.DictReader(io.StringIO(limited))] == ["f1", "f2"]
