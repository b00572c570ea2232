"""The endpoints of the first run: who may use them, what they refuse, what they write."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import demo
from gateway.setup.code import AFTERWARDS, NAME, make_code
from tests.harness.browser import ADMIN, SESSION, Browser
from tests.harness.gateway_mesh import GatewayMesh
from tests.harness.http import Answer
from tests.harness.people_mesh import PeopleMesh, database_with_everybody

SETUP = "/api/recommendations/setup"
PARTS = (("GET", "look"), ("POST", "check"), ("GET", "models"), ("POST", "cost"), ("POST", "apply"))
TOKEN = "a-token-of-the-mesh"


@pytest.fixture
def mesh() -> Iterator[GatewayMesh]:
    """A gateway that nobody has set up; it needs no other process."""
    with GatewayMesh() as mesh:
        mesh.open()
        yield mesh


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> demo.DemoLibrary:
    return demo.build_small(tmp_path_factory.mktemp("library"), 6)


def data_of(mesh: GatewayMesh) -> Path:
    return Path(mesh.environment["SONICMESH_DATA"])


def nonsense(browser: Browser) -> Answer:
    """A question that nobody may ask but the operator, who is told that it makes no sense."""
    return browser.post(f"{SETUP}/check", {"database": "/no/such/navidrome.db"})


def refused(answer: Answer, status: int, code: str) -> dict[str, Any]:
    assert (answer.status, answer.json["error"]["code"]) == (status, code), answer.body
    return dict(answer.json["error"])


def test_whoever_sits_at_this_machine_may(mesh: GatewayMesh) -> None:
    browser = Browser(mesh)
    assert browser.get(SETUP).json == {"needed": True, "open": True}
    assert (browser.who()["set_up"], browser.who()["operator"]) == (False, True)
    error = refused(nonsense(browser), 400, "invalid_request")
    assert error["detail"] == {"field": "database", "problem": "absent"}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via", "X-Real-IP"])
def test_a_stranger_may_not(mesh: GatewayMesh, header: str) -> None:
    stranger = Browser(mesh, **{header: "203.0.113.9"})
    assert (stranger.who()["set_up"], stranger.who()["operator"]) == (False, False)
    assert stranger.get(SETUP).json == {"needed": True, "open": False}
    for method, part in PARTS:
        error = refused(stranger.request(method, f"{SETUP}/{part}", {}), 401, "unauthorized")
        assert "sonicmesh setup --code" in error["message"]
    assert not (data_of(mesh) / "settings.env").exists()


def test_a_page_of_another_site_may_not(mesh: GatewayMesh) -> None:
    other = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert mesh.get(f"{SETUP}/look", **other).status == 401
    assert mesh.post(f"{SETUP}/apply", {"database": "/x"}, **other).status == 403
    assert mesh.get(SETUP, **other).json["open"] is False


def test_another_host_name_is_not_this_machine() -> None:
    with GatewayMesh() as mesh:
        mesh.open(SONICMESH_ALLOWED_HOSTS="music.lan")
        assert mesh.get(SETUP, Host="music.lan").json["open"] is False
        assert mesh.get(f"{SETUP}/look", Host="music.lan").status == 401
        assert mesh.get(SETUP, Host="localhost").json["open"] is True


def test_people_may_not_not_even_admins(tmp_path: Path) -> None:
    """Which Navidrome to believe is what is being decided."""
    people = PeopleMesh(database_with_everybody(tmp_path), SONICMESH_TOKEN=TOKEN, NAVIDROME_DB_PATH="")
    try:
        for name in ("alice", "admin"):
            browser = Browser(people.mesh)
            assert browser.sign_in(name).status == 200
            assert browser.get(SETUP).json == {"needed": True, "open": False}
            for method, part in PARTS:
                refused(browser.request(method, f"{SETUP}/{part}", {}), 401, "unauthorized")
    finally:
        people.close()


def test_the_code_opens_it_for_a_stranger(mesh: GatewayMesh) -> None:
    code = make_code(data_of(mesh))
    stranger = Browser(mesh, **{"X-Forwarded-For": "203.0.113.9"})
    answer = stranger.post(SESSION, {"code": code.lower()})
    assert (answer.status, answer.json["operator"], answer.json["set_up"]) == (200, True, False)
    assert stranger.get(SETUP).json["open"] is True
    refused(nonsense(stranger), 400, "invalid_request")
    # And only with the session's proof that the page itself sent it
    bare = stranger.request("POST", f"{SETUP}/check", {"database": "/x"}, {"Sec-Fetch-Site": ""})
    assert bare.status == 403


def test_wrong_codes_are_limited(mesh: GatewayMesh) -> None:
    code = make_code(data_of(mesh))
    stranger = Browser(mesh, **{"X-Forwarded-For": "203.0.113.9"})
    for _ in range(5):
        refused(stranger.post(SESSION, {"code": "AAAA-AAAA-AAAA"}), 401, "unauthorized")
    answer = stranger.post(SESSION, {"code": code})
    refused(answer, 429, "busy")
    assert int(answer.headers["Retry-After"]) >= 1


def test_no_code_file_no_code(mesh: GatewayMesh) -> None:
    for given in ("", "-", "AAAA-AAAA-AAAA"):
        assert Browser(mesh).post(SESSION, {"code": given}).status in {400, 401}


def test_with_a_token_this_machine_alone_is_not_enough() -> None:
    with GatewayMesh() as mesh:
        mesh.open(SONICMESH_TOKEN=TOKEN)
        browser = Browser(mesh)
        assert browser.get(SETUP).json == {"needed": True, "open": False}
        refused(nonsense(browser), 401, "unauthorized")
        assert mesh.post(f"{SETUP}/check", {"database": "/x"}, Authorization=f"Bearer {TOKEN}").status == 400
        assert mesh.post(f"{SETUP}/check", {"database": "/x"}, Authorization="Bearer wrong-token").status == 401
        browser.sign_in_operator(TOKEN)
        refused(nonsense(browser), 400, "invalid_request")
        other = Browser(mesh)
        assert other.post(SESSION, {"code": make_code(data_of(mesh))}).json["operator"] is True
        refused(nonsense(other), 400, "invalid_request")


def test_once_it_is_set_up_all_of_it_is_closed(library: demo.DemoLibrary) -> None:
    with GatewayMesh() as mesh:
        code = make_code(data_of(mesh))
        mesh.open(NAVIDROME_DB_PATH=str(library.database))
        browser = Browser(mesh)
        assert browser.get(SETUP).json == {"needed": False, "open": False}
        assert browser.who()["set_up"] is True
        for method, part in PARTS:
            refused(browser.request(method, f"{SETUP}/{part}", {}), 409, "conflict")
        assert "set up" in refused(browser.post(SESSION, {"code": code}), 401, "unauthorized")["message"]


def test_what_is_chosen_is_written_and_closes_it(mesh: GatewayMesh, library: demo.DemoLibrary) -> None:
    # Given somebody with the code
    make_code(data_of(mesh))
    stranger = Browser(mesh, **{"X-Forwarded-For": "203.0.113.9"})
    stranger.post(SESSION, {"code": make_code(data_of(mesh))})
    found = stranger.post(f"{SETUP}/check", {"database": str(library.folder)}).json
    assert (found["tracks"], found["readable"], found["path_map"]) == (6, 6, [])
    assert found["database"] == str(library.database)
    # When they choose a library
    chosen = {"database": found["database"], "navidrome_url": "http://navidrome:4533/", "models": ["spectral"]}
    answer = stranger.post(f"{SETUP}/apply", chosen)
    # Then it is written, for this user only; nobody restarts a mesh without a supervisor
    assert (answer.status, answer.json["restarting"]) == (200, False), answer.body
    path = data_of(mesh) / "settings.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"NAVIDROME_DB_PATH='{library.database}'\n" in path.read_text()
    assert "NAVIDROME_URL='http://navidrome:4533'\n" in path.read_text()
    # And nobody can do it again
    refused(stranger.post(f"{SETUP}/apply", chosen), 409, "conflict")
    # And the session that began with the code lasts, also in the next gateway, but not for long
    mesh.gateway_restart()
    assert stranger.get(f"{ADMIN}/logs").status == 200
    old = time.time() - AFTERWARDS - 1
    os.utime(data_of(mesh) / NAME, (old, old))
    assert stranger.get(f"{ADMIN}/logs").status == 401
    assert stranger.who()["operator"] is False


@pytest.mark.parametrize(
    ("part", "body", "field"),
    [
        ("check", {}, "database"),
        ("check", {"database": ""}, "database"),
        ("check", {"database": "/x\0y"}, "database"),
        ("check", {"database": 5}, "database"),
        ("check", {"database": "~nobody-of-this-name/x"}, "database"),
        ("cost", {"database": "/x"}, "model"),
        ("apply", {"database": "/x", "models": "muq"}, "models"),
    ],
)
def test_bad_input_names_the_field(mesh: GatewayMesh, part: str, body: dict[str, Any], field: str) -> None:
    error = refused(Browser(mesh).post(f"{SETUP}/{part}", body), 400, "invalid_request")
    assert error["detail"]["field"] == field
    assert "Traceback" not in error["message"]


def test_a_map_that_cannot_be_written_is_refused(mesh: GatewayMesh, library: demo.DemoLibrary) -> None:
    for pair in ({"theirs": "music", "here": "/a"}, {"theirs": "/a,b", "here": "/a"}, {"theirs": "/a=b", "here": "/a"}):
        body = {"database": str(library.database), "path_map": [pair]}
        for part in ("check", "apply"):
            error = refused(Browser(mesh).post(f"{SETUP}/{part}", body), 400, "invalid_request")
            assert error["detail"]["field"] == "path_map"
    body = {"database": str(library.database), "path_map": [{"theirs": "/a", "here": "/a\nSONICMESH_TOKEN=x"}]}
    refused(Browser(mesh).post(f"{SETUP}/apply", body), 400, "invalid_request")
    assert not (data_of(mesh) / "settings.env").exists()


def test_what_wins_is_not_overruled(library: demo.DemoLibrary) -> None:
    with GatewayMesh() as mesh:
        mesh.open(NAVIDROME_URL="http://127.0.0.1:9")
        body = {"database": str(library.database), "navidrome_url": "http://navidrome:4533"}
        error = refused(Browser(mesh).post(f"{SETUP}/apply", body), 409, "conflict")
        assert "NAVIDROME_URL is set in the environment" in error["message"]
        assert not (data_of(mesh) / "settings.env").exists()


def test_a_plugin_folder_that_was_not_mounted_is_left_alone(mesh: GatewayMesh, library: demo.DemoLibrary) -> None:
    answer = Browser(mesh).post(f"{SETUP}/apply", {"database": str(library.database), "install_plugin": True})
    refused(answer, 404, "not_found")


def test_a_model_is_measured_on_five_tracks(mesh: GatewayMesh, library: demo.DemoLibrary) -> None:
    body = {"database": str(library.database), "model": "spectral"}
    found = Browser(mesh).post(f"{SETUP}/cost", body).json
    assert (found["measured"], found["tracks"]) == (5, 6)
    assert found["seconds_per_track"] > 0
    assert found["hours"] == pytest.approx(found["seconds_per_track"] * 6 / found["workers"] / 3600)
    assert 20e6 < found["memory_bytes"] < 4e9
    error = refused(Browser(mesh).post(f"{SETUP}/cost", {**body, "model": "nothing"}), 400, "invalid_request")
    assert "nothing" in error["message"]
