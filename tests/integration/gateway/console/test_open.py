"""A mesh without a token on this machine: the operator's part is open as the interface is; people always sign in."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from contract.events import LibraryChanged
from contract.presence import WorkerUp
from gateway.console.events import MAX_OF_PERSON
from gateway.console.files import POLICY
from tests.harness.browser import ADMIN, SESSION, Browser
from tests.harness.http import TIMEOUT
from tests.harness.people_mesh import PeopleMesh

R = "/api/recommendations"


@pytest.fixture(scope="module")
def mesh(everybody: Path) -> Iterator[PeopleMesh]:
    mesh = PeopleMesh(everybody, SONICMESH_CORS_ORIGINS="https://music.example.org")
    mesh.fill_all()
    yield mesh
    mesh.close()


@pytest.fixture
def browser(mesh: PeopleMesh) -> Browser:
    mesh.forget()
    return Browser(mesh.mesh)


def test_the_operators_part_is_open_here(browser: Browser) -> None:
    who = browser.who()
    assert (who["signed_in"], who["operator"], who["via"]) == (False, True, "loopback")
    assert who["open"] == {"people": False, "admin": True} and who["sign_in"] == ["password"]
    assert browser.get(f"{ADMIN}/jobs").status == 200
    assert browser.get(f"{R}/explore").status == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"])
def test_what_a_proxy_forwarded_is_not_the_operators_own(browser: Browser, header: str) -> None:
    assert browser.get(f"{ADMIN}/jobs", **{header: "10.0.0.1"}).status == 401
    assert browser.get(SESSION, **{header: "10.0.0.1"}).json["operator"] is False


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_sites_are_not_the_operators(browser: Browser, site: str) -> None:
    for path in (f"{ADMIN}/doctor", f"{ADMIN}/jobs", f"{R}/events"):
        assert browser.get(path, **{"Sec-Fetch-Site": site}).status == 401
    assert browser.get(SESSION, **{"Sec-Fetch-Site": site}).json["open"] == {"people": False, "admin": False}


def test_who_signs_in_as_a_user_is_one(browser: Browser) -> None:
    browser.sign_in("alice")
    assert browser.who()["open"] == {"people": True, "admin": False}
    assert browser.get(f"{ADMIN}/jobs").status == 403
    browser.sign_out()
    browser.sign_in("admin")
    assert browser.get(f"{ADMIN}/jobs").status == 200


def test_other_names_of_this_machine_are_refused(browser: Browser) -> None:
    """A page that points its own name here (DNS rebinding) would be of the same origin."""
    for path in (f"{ADMIN}/jobs", SESSION, "/"):
        assert browser.get(path, Host="rebound.example").status == 403


def test_a_page_of_another_origin_has_no_session(browser: Browser) -> None:
    """One that may call logs in to Navidrome itself."""
    browser.sign_in("alice")
    assert browser.get(f"{R}/settings", Origin="https://music.example.org").status == 401
    assert browser.get(f"{R}/settings", Origin=f"http://127.0.0.1:{browser.mesh.port}").status == 200
    foreign = browser.get(SESSION, Origin="https://music.example.org").json
    assert (foreign["name"], foreign["csrf"], foreign["expires_at"]) == (None, "", None)


def test_the_page_and_its_policy(browser: Browser) -> None:
    answer = browser.get("/")
    assert answer.status == 200 and "unsafe" not in POLICY
    assert browser.get("/assets/nothing.js").status == 404
    assert browser.get("/assets/..%2f..%2fsettings.py").status == 404


@contextmanager
def listening(browser: Browser, topics: str = "", last: str = "") -> Iterator[http.client.HTTPResponse]:
    """A stream of events; its head has come."""
    connection = http.client.HTTPConnection("127.0.0.1", browser.mesh.port, timeout=TIMEOUT)
    headers = {"Last-Event-ID": last} if last else {}
    if browser.cookie:
        headers["Cookie"] = f"sonicmesh_session={browser.cookie['sonicmesh_session'].value}"
    try:
        connection.request("GET", f"{R}/events?topics={topics}", headers=headers)
        response = connection.getresponse()
        assert response.status == 200
        yield response
    finally:
        connection.close()


def event(response: http.client.HTTPResponse) -> dict[str, str]:
    """The next event, by the names of its fields."""
    found: dict[str, str] = {}
    while True:
        line = response.readline().decode().rstrip("\n")
        if not line and "event" in found:
            return found
        name, _, value = line.partition(": ")
        if name:
            found[name] = value


def touch(mesh: PeopleMesh) -> None:
    """Change a track, which is an event."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S+00:00", time.gmtime(2 * time.time()))
    mesh.sql("UPDATE media_file SET title = title || '!', updated_at = ? WHERE id = ?", moment, mesh.tracks()[0])


def test_a_stream_goes_on_where_it_ended(browser: Browser, mesh: PeopleMesh) -> None:
    with listening(browser, LibraryChanged.topic) as stream:
        hello = event(stream)
        assert hello["event"] == "hello" and '"resumed":false' in hello["data"] and "id" not in hello
        first = event(stream)
        assert first["event"] == LibraryChanged.topic
    touch(mesh)
    with listening(browser, LibraryChanged.topic) as stream:
        event(stream)
        seen = event(stream)
        while seen["id"] == first["id"]:
            seen = event(stream)
    with listening(browser, LibraryChanged.topic, first["id"]) as stream:
        assert '"resumed":true' in event(stream)["data"]
        assert event(stream)["id"] == seen["id"], "what was missed, and nothing twice"
    with listening(browser, LibraryChanged.topic, "library:999999999") as stream:
        assert '"resumed":false' in event(stream)["data"]


def test_a_stream_beats(browser: Browser) -> None:
    with listening(browser, "nothing.of.that.name") as stream:
        assert event(stream)["event"] == "hello"
        began = time.monotonic()
        assert event(stream)["event"] == "beat"
        assert 2 < time.monotonic() - began < 20


def test_a_user_hears_nothing_of_others(browser: Browser) -> None:
    browser.sign_in("alice")
    with listening(browser, WorkerUp.topic) as stream:
        assert [event(stream)["event"] for _ in range(2)] == ["hello", "beat"]
    with listening(browser) as stream:
        assert [event(stream)["event"] for _ in range(3)] == ["hello", LibraryChanged.topic, "beat"]


def test_nobody_takes_all_streams(browser: Browser) -> None:
    browser.sign_in("alice")
    with ExitStack() as tabs:
        for _ in range(MAX_OF_PERSON):
            event(tabs.enter_context(listening(browser)))
        refused = browser.get(f"{R}/events")
        assert (refused.status, refused.code) == (429, "busy")
        other = Browser(browser.mesh)
        other.sign_in("bob")
        with listening(other) as stream:
            assert event(stream)["event"] == "hello"


def test_a_stopping_gateway_says_goodbye(everybody: Path) -> None:
    mesh = PeopleMesh(everybody)
    try:
        browser = Browser(mesh.mesh)
        with listening(browser, WorkerUp.topic) as stream:
            event(stream)
            assert mesh.mesh.gateway is not None
            mesh.mesh.gateway.terminate()
            while (last := event(stream))["event"] != "bye":
                pass
            assert '"reason":"stopping"' in last["data"]
    finally:
        mesh.close()
