"""Every route of the console with every role: who may what, before a real Navidrome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from gateway.http.endpoint import Endpoint
from gateway.routes import MAIN
from tests.endtoend.navidrome.console import Shown
from tests.harness.browser import ADMIN, Browser

ROOT: Final = "/api/recommendations/"
OTHERS: Final = ("/api/similar/", "/api/path")
#: Signing out is tried by itself.
ROUTES: Final = [
    each
    for each in MAIN
    if (each.path.startswith((ROOT, *OTHERS)) or each.path in {"/", "/assets/{name}"}) and each.method != "DELETE"
]
#: Open to everybody.
OPEN: Final = {"/", "/assets/{name}", "/api/recommendations/session", "/api/recommendations/setup"}
#: The first run, which is over here.
SETUP: Final = f"{ROOT}setup/"
#: For admins of Navidrome, not for the operator: they were there before the console.
OF_ADMINS: Final = {f"{ROOT}batch/{name}" for name in ("start", "progress", "cancel")}
ROLES: Final = ("nobody", "wrong cookie", "bob", "alice", "admin", "operator")
#: What each route needs besides a login; where nothing is said, an empty body.
BODIES: Final[Mapping[str, Any]] = {
    "POST /api/recommendations/session": {"user_name": "nobody", "password": "wrong"},
    "POST /api/recommendations/admin/jobs": {"models": ["no such model"]},
    "POST /api/recommendations/batch/start": {"models": ["no such model"]},
    "POST /api/recommendations/admin/failures/retry": {"models": ["no such model"]},
    "PUT /api/recommendations/admin/models/{name}/scale": {"workers": 99},
    "POST /api/recommendations/explore/m3u": {"trackIds": ["nothing"]},
    "POST /api/recommendations/playlists/{id}/append": {"trackIds": ["nothing"]},
    "POST /api/recommendations/played/{id}": {"state": "playing"},
    "POST /api/recommendations/save": {},
    "POST /api/recommendations/{mode}": {"songIds": ["nothing"]},
}
PLACES: Final = {"{mode}": "custom", "{name}": "spectral", "{id}": "nothing"}
#: Refusals that say who somebody is or may not be.
REFUSED: Final = {401, 403}


def ask(browser: Browser, route: Endpoint) -> int:
    path = route.path
    for place, value in PLACES.items():
        path = path.replace(place, value)
    path += "?from=a&to=b" if path == "/api/path" else ""
    body = BODIES.get(f"{route.method} {route.path}", {}) if route.method in {"POST", "PUT"} else None
    return browser.request(route.method, path, body).status


def expected(route: Endpoint, role: str) -> set[int] | None:
    """The status of a refusal; None: no refusal."""
    if route.path in OPEN:
        return None
    if route.path.startswith(SETUP) or role in {"nobody", "wrong cookie"}:
        return {409} if route.path.startswith(SETUP) else {401}
    if route.path.startswith(ADMIN):
        return {403} if role in {"alice", "bob"} else None
    if route.path == f"{ROOT}events":
        return None
    if role == "operator":
        return {401}
    return {403} if route.path in OF_ADMINS and role != "admin" else None


def browser_of(shown: Shown, role: str) -> Browser:
    if role in shown.browsers:
        fresh = shown.new()
        fresh.cookie.update(shown.browsers[role].cookie)
        return fresh
    browser = shown.new()
    if role == "wrong cookie":
        value = shown.browsers["admin"].cookie["sonicmesh_session"].value
        browser.cookie["sonicmesh_session"] = value[:-6] + ("AAAAAA" if value[-6:] != "AAAAAA" else "BBBBBB")
    return browser


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_with_every_role(shown: Shown, route: Endpoint, role: str) -> None:
    status = ask(browser_of(shown, role), route)
    wanted = expected(route, role)
    if wanted is not None:
        assert status in wanted
    elif route.path == "/api/recommendations/session" and route.method == "POST":
        assert status in {401, 429}, "a wrong password"
    else:
        assert status not in REFUSED and status < 500, status


def test_there_are_routes_of_every_kind() -> None:
    """So that nothing is left out by a change of a path."""
    paths = {route.path for route in ROUTES}
    assert len([path for path in paths if path.startswith(ADMIN)]) >= 20
    assert {f"{ROOT}explore/list", f"{ROOT}stream/{{id}}", f"{ROOT}session", "/api/path", "/"} <= paths


def test_operators_and_admins_do_not_need_the_pages_own_paths(shown: Shown) -> None:
    """The token's own paths stay the token's."""
    for name in ("alice", "admin"):
        assert shown.browsers[name].get("/batch/progress").status == 401
        assert shown.browsers[name].post("/batch/start").status == 401


def test_signing_out_ends_it_for_a_copy_of_the_cookie(shown: Shown) -> None:
    browser, copy = shown.new(), shown.new()
    assert browser.sign_in("alice").status == 200
    copy.cookie.update(browser.cookie)
    assert copy.get(f"{ROOT}settings").status == 200
    assert browser.sign_out().status == 200
    assert copy.get(f"{ROOT}settings").status == 401
