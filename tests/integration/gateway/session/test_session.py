"""Signing in to the console, staying signed in, signing out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.browser import ADMIN, SESSION, Browser
from tests.harness.people_mesh import PeopleMesh

SETTINGS = "/api/recommendations/settings"
TOKEN = "a-token-of-the-mesh"


@pytest.fixture(scope="module")
def mesh(everybody: Path) -> Iterator[PeopleMesh]:
    """A mesh with a token."""
    mesh = PeopleMesh(everybody, SONICMESH_TOKEN=TOKEN)
    yield mesh
    mesh.close()


@pytest.fixture
def browser(mesh: PeopleMesh) -> Browser:
    mesh.forget()
    return Browser(mesh.mesh)


def test_nobody_is_told_how_to_sign_in(browser: Browser) -> None:
    who = browser.who()
    assert (who["signed_in"], who["name"], who["admin"], who["operator"]) == (False, None, False, False)
    assert who["open"] == {"people": False, "admin": False}
    assert who["sign_in"] == ["password", "token"]
    assert who["navidrome"] == {"reachable": True}


def test_a_person_signs_in_and_out(browser: Browser) -> None:
    answer = browser.sign_in("alice")
    assert answer.status == 200
    (cookie,) = [value for name, value in answer.headers.items() if name == "Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/api;" in cookie and "Secure" not in cookie
    assert "alice" not in cookie
    who = browser.who()
    assert (who["signed_in"], who["name"], who["admin"], who["via"]) == (True, "alice", False, "session")
    assert who["open"] == {"people": True, "admin": False}
    assert who["expires_at"] > time.time() + 13 * 86_400
    assert browser.get(SETTINGS).status == 200
    kept = browser.cookie.copy()
    assert browser.sign_out().json["signed_in"] is False
    assert browser.get(SETTINGS).status == 401
    browser.cookie.update(kept)
    assert browser.get(SETTINGS).status == 401, "a cookie that was signed out is not good any more"


def test_the_name_is_navidromes(browser: Browser) -> None:
    assert browser.sign_in("ALICE", "alicepw").json["name"] == "alice"


def test_a_wrong_password_and_the_limit(mesh: PeopleMesh) -> None:
    browser = Browser(mesh.mesh)
    for _ in range(5):
        answer = browser.sign_in("carol", "wrong")
        assert (answer.status, answer.code) == (401, "unauthorized")
        assert "Set-Cookie" not in answer.headers
    refused = browser.sign_in("carol", "wrong")
    assert refused.status == 429 and int(refused.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "body", [{}, {"user_name": "alice"}, {"password": "x"}, {"user_name": "", "password": "x"}, {"token": ""}]
)
def test_half_a_sign_in_is_refused(browser: Browser, body: dict[str, str]) -> None:
    assert browser.post(SESSION, body).status == 400


def test_the_token_signs_an_operator_in(browser: Browser, mesh: PeopleMesh) -> None:
    mesh.navidrome.down()
    try:
        assert browser.get(f"{ADMIN}/jobs").status == 401
        answer = browser.sign_in_operator(TOKEN)
        assert answer.status == 200, "although Navidrome is away"
        who = browser.who()
        assert (who["operator"], who["name"], who["open"]) == (True, None, {"people": False, "admin": True})
        assert browser.sign_in("alice").code == "navidrome_unavailable"
        assert browser.get(f"{ADMIN}/jobs").status == 200
        assert browser.get(SETTINGS).status == 401
    finally:
        mesh.navidrome.up()


def test_a_wrong_token_and_the_limit(mesh: PeopleMesh) -> None:
    browser = Browser(mesh.mesh)
    answers = [browser.sign_in_operator("not-the-token") for _ in range(6)]
    assert [answer.status for answer in answers] == [401] * 5 + [429]
    time.sleep(4.5)
    assert browser.sign_in_operator(TOKEN).status == 200


def test_one_cookie_holds_both(browser: Browser) -> None:
    browser.sign_in_operator(TOKEN)
    browser.sign_in("alice")
    who = browser.who()
    assert (who["name"], who["operator"], who["admin"]) == ("alice", True, False)
    assert browser.get(SETTINGS).status == 200 and browser.get(f"{ADMIN}/jobs").status == 200


def test_a_copy_of_the_cookie_is_useless_after_signing_out(mesh: PeopleMesh, browser: Browser) -> None:
    browser.sign_in("alice")
    copy = {"Cookie": f"sonicmesh_session={browser.cookie['sonicmesh_session'].value}"}
    assert mesh.mesh.request("GET", SETTINGS, None, copy).status == 200
    browser.sign_out()
    assert mesh.mesh.request("GET", SETTINGS, None, copy).status == 401

    mesh.mesh.gateway_restart()

    assert mesh.mesh.request("GET", SETTINGS, None, copy).status == 401


def test_changes_need_the_pages_own_origin(browser: Browser) -> None:
    csrf = browser.sign_in("alice").json["csrf"]
    body = {"mixLength": 30}
    refused = browser.put(SETTINGS, body, **{"Sec-Fetch-Site": ""})
    assert refused.status == 403
    cookie = browser.cookie["sonicmesh_session"].value
    bare = {"Content-Type": "application/json", "Cookie": f"sonicmesh_session={cookie}"}

    def put(**headers: str) -> int:
        return browser.mesh.request("PUT", SETTINGS, b'{"mixLength": 30}', {**bare, **headers}).status

    assert put() == 403, "nothing shows where it comes from"
    assert put(**{"X-Sonicmesh-Csrf": "guessed"}) == 403
    assert put(**{"X-Sonicmesh-Csrf": "\xff"}) == 403, "bytes that are no text"
    assert put(Origin="http://evil.example") == 403
    assert put(Origin=f"http://127.0.0.1:{browser.mesh.port}") == 200
    assert put(**{"X-Sonicmesh-Csrf": csrf}) == 200
    assert put(**{"Sec-Fetch-Site": "cross-site", "X-Sonicmesh-Csrf": csrf}) == 403
    assert put(**{"Sec-Fetch-Site": "same-site"}) == 403


def test_an_admin_and_a_user(mesh: PeopleMesh) -> None:
    admin, alice = Browser(mesh.mesh), Browser(mesh.mesh)
    admin.sign_in("admin")
    alice.sign_in("alice")
    assert admin.who()["open"] == {"people": True, "admin": True}
    assert admin.get(f"{ADMIN}/jobs").status == 200
    assert (alice.get(f"{ADMIN}/jobs").status, alice.get(f"{ADMIN}/jobs").code) == (403, "forbidden")


def test_a_changed_password_ends_the_session(mesh: PeopleMesh) -> None:
    """The stand-in's passwords follow the names, so a renamed user has another."""
    browser = Browser(mesh.mesh)
    browser.sign_in("dave")
    mesh.sql("UPDATE user SET user_name = 'david' WHERE user_name = 'dave'")
    try:
        time.sleep(0.1)
        other = Browser(mesh.mesh)
        other.cookie.update(browser.cookie)
        mesh.mesh.gateway_restart()
        who = other.who()
        assert who["signed_in"] is False and not other.cookie
    finally:
        mesh.sql("UPDATE user SET user_name = 'dave' WHERE user_name = 'david'")


def test_a_restarted_gateway_knows_the_session(mesh: PeopleMesh) -> None:
    browser = Browser(mesh.mesh)
    browser.sign_in("alice")
    mesh.mesh.gateway_restart()
    assert browser.get(SETTINGS).status == 200
