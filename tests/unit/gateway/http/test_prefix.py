"""The path below which a proxy serves the gateway."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp.test_utils import make_mocked_request

from contract.settings import SettingsError, load_settings
from gateway.http.base_path import check_base_path, to_the_page
from gateway.routes import MAIN
from gateway.session.settings import is_prefix
from gateway.settings import GatewaySettings


@pytest.mark.parametrize("path", ["/mesh", "/a/b", "/music.lan", "/~me/mesh_2"])
def test_what_is_a_prefix(path: str) -> None:
    assert is_prefix(path)


@pytest.mark.parametrize(
    "path", ["", "/", "mesh", "/a//b", "/a/", "/a b", "/a;Path=/", "//evil.example", "/..", "/a/../b", "/" + "a" * 300]
)
def test_what_is_none(path: str) -> None:
    assert not is_prefix(path)


@pytest.mark.parametrize("value", ["mesh", "/a b", "//evil.example", "/a/../b"])
def test_a_bad_setting(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SONICMESH_BASE_PATH", value)
    with pytest.raises(SettingsError, match="SONICMESH_BASE_PATH"):
        load_settings(GatewaySettings)


@pytest.mark.parametrize("value", ["/api", "/models/x", "/assets", "/events"])
def test_a_path_of_our_own_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SONICMESH_BASE_PATH", value)
    with pytest.raises(SettingsError, match="choose another"):
        check_base_path(load_settings(GatewaySettings), MAIN)


def test_a_slash_at_the_end_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_BASE_PATH", "/mesh/")
    settings = load_settings(GatewaySettings)
    assert settings.base_path == "/mesh"
    check_base_path(settings, MAIN)


@pytest.mark.parametrize("query", ["", "?list=a%20b&x=1", "?x=%0D%0ASet-Cookie:%20a=b"])
def test_the_way_to_the_page_keeps_the_query_as_it_was_sent(query: str) -> None:
    answer = asyncio.run(to_the_page(make_mocked_request("GET", f"/mesh{query}")))
    assert (answer.status, answer.headers["Location"]) == (308, f"mesh/{query}")
