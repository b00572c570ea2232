"""A gateway behind a reverse proxy that names the user, and with a token of the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.settings import GatewaySettings
from tests.harness.people_mesh import PeopleMesh

SETTINGS = "/api/recommendations/settings"
TOKEN = "a-token-of-the-mesh"


@pytest.fixture(scope="module")
def proxied(everybody: Path) -> Iterator[PeopleMesh]:
    mesh = PeopleMesh(
        everybody,
        SONICMESH_PROXY_USER_HEADER="Remote-User",
        SONICMESH_PROXY_TRUSTED="10.1.2.3,127.0.0.0/8",
        SONICMESH_TOKEN=TOKEN,
    )
    yield mesh
    mesh.close()


def test_the_proxys_user_is_believed(proxied: PeopleMesh) -> None:
    assert proxied.mesh.get(SETTINGS, **{"Remote-User": "bob"}).status == 200
    progress = "/api/recommendations/batch/progress"
    assert proxied.mesh.get(progress, **{"Remote-User": "bob"}).status == 403
    assert proxied.mesh.get(progress, **{"Remote-User": "admin"}).status == 200
    unknown = proxied.mesh.get(SETTINGS, **{"Remote-User": "nobody"})
    assert (unknown.status, unknown.code) == (401, "unauthorized")


def test_a_proxied_user_saves_where_navidrome_trusts_the_mesh(proxied: PeopleMesh) -> None:
    body = {"name": "n", "trackIds": proxied.tracks(2)[:2]}
    refused = proxied.mesh.post("/api/recommendations/save", body, **{"Remote-User": "bob"})
    assert (refused.status, refused.code) == (401, "unauthorized")
    proxied.navidrome.trusts_header = True
    saved = proxied.mesh.post("/api/recommendations/save", body, **{"Remote-User": "bob"})
    assert saved.json["saved"] == 2


def test_people_need_no_token_of_the_mesh_and_everybody_else_does(proxied: PeopleMesh) -> None:
    assert proxied.get("alice", SETTINGS).status == 200
    assert proxied.mesh.get(SETTINGS).status == 401
    assert proxied.mesh.get(SETTINGS, Authorization=f"Bearer {TOKEN}").status == 401
    assert proxied.mesh.get("/batch/progress", **proxied.as_user("admin")).status == 401


def test_a_header_without_trusted_proxies_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="name the proxies"):
        GatewaySettings(SONICMESH_PROXY_USER_HEADER="Remote-User")


def test_the_header_of_others_is_not_believed(everybody: Path) -> None:
    mesh = PeopleMesh(everybody, SONICMESH_PROXY_USER_HEADER="Remote-User", SONICMESH_PROXY_TRUSTED="10.1.2.3")
    try:
        assert mesh.mesh.get(SETTINGS, **{"Remote-User": "admin"}).status == 401
    finally:
        mesh.close()


@pytest.mark.parametrize(
    "bad",
    [
        {"SONICMESH_CORS_ORIGINS": "*"},
        {"SONICMESH_CORS_ORIGINS": "https://a.example/page"},
        {"SONICMESH_PROXY_TRUSTED": "everybody"},
        {"NAVIDROME_URL": "navidrome:4533"},
        {"SONICMESH_PROXY_USER_HEADER": "two words", "SONICMESH_PROXY_TRUSTED": "10.0.0.1"},
    ],
)
def test_bad_settings_are_refused(bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"expected|not an origin|address|network"):
        GatewaySettings(**bad)  # type: ignore[arg-type]  # the texts of an environment


def test_the_address_of_navidrome_has_two_names() -> None:
    for name in ("NAVIDROME_URL", "SONICMESH_NAVIDROME_URL"):
        found = GatewaySettings.model_validate({name: "http://nas:4533/music/"})
        assert found.navidrome_url == "http://nas:4533/music"
