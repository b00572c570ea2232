"""The console below a prefix, behind real proxies: page, sign-in, interface, events that are not held back."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from tests.harness.browser import SESSION, Browser
from tests.harness.http import TIMEOUT, Answer
from tests.harness.people_mesh import PeopleMesh
from tests.harness.proxies import PREFIX, Proxy, Way, proxy

R = "/api/recommendations"
#: Seconds within which an event comes through a proxy that does not hold it back.
AT_ONCE = 3.0


@pytest.fixture(scope="module", params=get_args(Way))
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


@pytest.fixture(scope="module")
def mesh(way: Way, everybody: Path) -> Iterator[PeopleMesh]:
    """A mesh that believes the proxies of this machine; `setting`: and knows its prefix."""
    prefix = PREFIX if way == "setting" else ""
    mesh = PeopleMesh(everybody, SONICMESH_PROXY_TRUSTED="127.0.0.0/8", SONICMESH_BASE_PATH=prefix)
    mesh.fill_all()
    yield mesh
    mesh.close()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def before(
    request: pytest.FixtureRequest, way: Way, mesh: PeopleMesh, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    with proxy(request.param, way, mesh.mesh.port, folder) as running:
        yield running


class Through:
    """The proxy's port, for `Browser`."""

    def __init__(self, port: int) -> None:
        self.port = port

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


@pytest.fixture
def browser(before: Proxy) -> Browser:
    return Browser(Through(before.port), PREFIX)


def test_the_page_and_the_way_to_it(browser: Browser) -> None:
    answer = browser.get("/")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
    bare = browser.get("")
    assert (bare.status, bare.headers["Location"].rpartition("/mesh/")[1]) == (308, "/mesh/")


def test_signing_in_and_a_list(browser: Browser, mesh: PeopleMesh) -> None:
    answer = browser.sign_in("alice")
    assert answer.status == 200, answer.body
    assert "Path=/mesh/api;" in answer.headers["Set-Cookie"]
    assert answer.json["base_path"] == PREFIX
    origin = {"Origin": f"http://127.0.0.1:{browser.mesh.port}"}
    body = {"seeds": [{"kind": "track", "id": mesh.tracks()[0]}]}
    assert browser.post(f"{R}/explore/list", body, **origin).json["rows"]
    assert (
        browser.post(f"{R}/explore/list", body, Origin="http://evil.example", **{"Sec-Fetch-Site": "same-site"}).status
        == 403
    )
    assert browser.sign_out().json["signed_in"] is False


def test_a_proxied_request_is_not_the_operators_own(browser: Browser) -> None:
    assert browser.who()["operator"] is False
    assert browser.get(f"{R}/admin/jobs").status == 401
    browser.sign_in("admin")
    assert browser.get(f"{R}/admin/jobs").status == 200


def test_the_interface_describes_itself_below_the_prefix(browser: Browser) -> None:
    described = browser.get("/openapi.json").json
    assert described["servers"] == [{"url": PREFIX}]
    assert SESSION in described["paths"]
    assert b"openapi.json" in browser.get("/docs").body


@pytest.mark.parametrize("path", [f"{R}/events", "/events"])
def test_events_are_not_held_back(browser: Browser, mesh: PeopleMesh, path: str) -> None:
    browser.sign_in("admin")
    connection = http.client.HTTPConnection("127.0.0.1", browser.mesh.port, timeout=TIMEOUT)
    cookie = f"sonicmesh_session={browser.cookie['sonicmesh_session'].value}"
    try:
        began = time.monotonic()
        connection.request("GET", f"{PREFIX}{path}?topics=library.", headers={"Cookie": cookie})
        response = connection.getresponse()
        assert response.status == 200
        assert response.readline().startswith(b"retry:")
        assert time.monotonic() - began < AT_ONCE
        track = mesh.tracks()[0]
        moment = datetime.fromtimestamp(2 * time.time(), UTC).isoformat(" ")  # after all others
        changed = time.monotonic()
        mesh.sql("UPDATE media_file SET title = title || '!', updated_at = ? WHERE id = ?", moment, track)
        line = b""
        while time.monotonic() - changed < 10 * AT_ONCE:
            line = response.readline()
            assert line, "the stream ended"
            if line.startswith(b"data:") and b'"changed":1' in line.replace(b" ", b""):
                break
        assert json.loads(line[5:])["changed"] == 1
    finally:
        connection.close()
