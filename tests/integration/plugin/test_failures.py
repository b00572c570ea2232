"""What the plugin says if the mesh is down, slow, closed to it, or not a mesh at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.ports import free_port
from tests.harness.plugin_mesh import PluginMesh
from tests.harness.processes import stopped
from tests.integration.plugin.answering import answering

extism = pytest.importorskip("extism", reason="no extism (pip install extism): the plugin cannot run")

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Navidrome, Runtime

QUESTION = ("nd_get_similar_songs_by_track", {"id": "dub-1", "name": "Dub piece 1", "count": 5})
TOKEN = "as-long-as-a-token-should-be"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b'{"message": "no worker serves search"}', "503: no worker serves search"),
        (401, b'{"message": "a token is needed"}', "401: a token is needed"),
        (502, b"<html>Bad gateway</html>", "502: <html>"),
        (200, b'{"songs": [', "not JSON"),
        (200, b"", "not JSON"),
    ],
)
def test_what_goes_wrong_is_an_error_that_says_what(
    runtime: Runtime, navidrome: Navidrome, status: int, body: bytes, said: str
) -> None:
    with answering(status, body) as url:
        navidrome.config["gateway"] = url
        with pytest.raises(extism.Error, match=said):
            runtime.call(navidrome, *QUESTION)


def test_a_gateway_that_is_down_or_hangs(runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh) -> None:
    navidrome.config["gateway"] = f"127.0.0.1:{free_port()}"
    with pytest.raises(extism.Error, match="cannot reach"):
        runtime.call(navidrome, *QUESTION)
    navidrome.config["gateway"] = mesh.url
    with stopped(mesh.gateway), pytest.raises(extism.Error, match="cannot reach"):
        runtime.call(navidrome, *QUESTION)
    assert runtime.ask(navidrome, *QUESTION)["songs"]


@pytest.mark.parametrize("part", ["search", "library", "broker"])
def test_a_part_that_hangs_is_said(runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh, part: str) -> None:
    with stopped(getattr(mesh, part)), pytest.raises(extism.Error, match=r"answered 50[34]"):
        runtime.call(navidrome, *QUESTION)
    assert runtime.ask(navidrome, *QUESTION)["songs"]


def test_a_gateway_with_a_token(runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh) -> None:
    # Given a gateway that wants one
    navidrome.config["gateway"] = mesh.second_gateway(SONICMESH_TOKEN=TOKEN)
    # Then a missing or wrong token is reported; mixes are not written
    for wrong in ("", "guessed"):
        navidrome.config["token"] = wrong
        with pytest.raises(extism.Error, match="answered 401"):
            runtime.call(navidrome, *QUESTION)
        runtime.start(navidrome)
        errors = runtime.night(navidrome)
        assert errors
        assert all("answered 401" in error for error in errors)
        assert not navidrome.playlists
    # And blanks around the right one do not matter
    navidrome.config["token"] = f" {TOKEN} "
    assert runtime.ask(navidrome, *QUESTION)["songs"]
    runtime.start(navidrome)
    assert runtime.night(navidrome) == []
    assert navidrome.of("alice")


@pytest.mark.parametrize("body", [b"", b"{broken", b"[1]"])
def test_questions_that_cannot_be_read(runtime: Runtime, navidrome: Navidrome, body: bytes) -> None:
    with pytest.raises(extism.Error, match="answered 400"):
        runtime.call(navidrome, "nd_get_sonic_similar_tracks", body)


@pytest.mark.parametrize("body", [b"", b"{broken", b'{"payload": "nothing"}'])
def test_callbacks_that_cannot_be_read(runtime: Runtime, navidrome: Navidrome, body: bytes) -> None:
    with pytest.raises(extism.Error, match=r"unreadable (callback|payload)"):
        runtime.call(navidrome, "nd_scheduler_callback", body)
