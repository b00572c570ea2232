"""The token, once one is set, and pages of other sites."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from tests.harness.gateway_mesh import USER, GatewayMesh, serving

TOKEN = "correct horse".replace(" ", "-")
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def locked() -> Iterator[GatewayMesh]:
    with serving("search", SONICMESH_TOKEN=TOKEN) as mesh:
        yield mesh


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "header", [BEARER, {"Authorization": f"bearer  {TOKEN}"}, basic("mesh", TOKEN), basic("", TOKEN)]
)
def test_the_token_opens(locked: GatewayMesh, header: dict[str, str]) -> None:
    assert locked.post("/playlist/recent", USER, **header).status == 200


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer \xff"},
        {"Authorization": TOKEN},
        {"Authorization": "Basic !!!"},
        {"X-Token": TOKEN},
        basic(TOKEN, "x"),
    ],
)
def test_anything_else_does_not(locked: GatewayMesh, header: dict[str, str]) -> None:
    answer = locked.post("/playlist/recent", USER, **header)
    assert (answer.status, answer.code) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert TOKEN not in answer.body.decode()


@pytest.mark.parametrize(
    "path", ["/models", "/metrics", "/docs", "/openapi.json", "/events", "/nothing", "/batch/jobs"]
)
def test_everything_is_locked(locked: GatewayMesh, path: str) -> None:
    assert locked.get(path).status == 401


@pytest.mark.parametrize("path", ["/healthz", "/v2/health/live"])
def test_but_health_is_not(locked: GatewayMesh, path: str) -> None:
    assert locked.get(path).status == 200
    assert locked.get("/readyz").status in {200, 503}
    assert locked.request("GET", "/health", port=locked.text_port).status == 200


def test_the_text_port_is_locked_too(locked: GatewayMesh) -> None:
    assert locked.request("POST", "/embed_text", b'{"text":"x"}', port=locked.text_port).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://music.example"}, 404),
        ({}, 404),
    ],
)
def test_pages_of_other_sites_change_nothing(mesh: GatewayMesh, headers: dict[str, str], status: int) -> None:
    assert mesh.post("/batch/cancel", **headers).status == status
    own = {"Origin": f"http://127.0.0.1:{mesh.port}"}
    assert mesh.post("/batch/cancel", **own).status == 404
