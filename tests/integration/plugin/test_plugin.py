"""The built wasm in its runtime: every call a new instance, a real mesh behind."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugin.build import build
from tests.harness.listeners import TRACKS
from tests.harness.plugin_mesh import PluginMesh
from tests.integration.plugin.answering import answering

pytest.importorskip("extism", reason="no extism (pip install extism): the plugin cannot run")

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Navidrome, Runtime

#: Most bytes of the package.
MOST_BYTES = 1_500_000


def test_two_builds_are_identical_and_small(package: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "again.ndp", cache=tmp_path / "cache")
    assert again.read_bytes() == package.read_bytes()
    assert package.stat().st_size <= MOST_BYTES


#: What Navidrome's host functions need in the manifest.
PERMISSIONS = {
    "http_send": "http",
    "users_getusers": "users",
    "subsonicapi_call": "subsonicapi",
    "kvstore_get": "kvstore",
    "kvstore_set": "kvstore",
    "scheduler_schedulerecurring": "scheduler",
    "scheduler_scheduleonetime": "scheduler",
}


def test_the_manifest_asks_for_what_is_used_and_says_why(runtime: Runtime) -> None:
    manifest = runtime.manifest
    assert all(manifest[field] for field in ("name", "author", "version", "description"))
    # Permissions are those of the functions that the wasm imports, no more; each has its reason
    permissions = manifest["permissions"]
    imported = set(re.findall(rb"extism:host/user.([a-z_]+)", runtime.wasm))
    assert {name.decode() for name in imported} == PERMISSIONS.keys()
    assert set(permissions) == set(PERMISSIONS.values())
    assert all(len(permission["reason"]) > 20 for permission in permissions.values())
    assert permissions["http"]["requiredHosts"] == ["*"]
    # And what Navidrome calls is there
    assert all(runtime.exports(name) for name in (*(call[0] for call in CALLS), "nd_on_init", "nd_scheduler_callback"))


def test_the_form_shows_every_setting_and_takes_what_the_plugin_takes(runtime: Runtime) -> None:
    schema, form = (runtime.manifest["config"][part] for part in ("schema", "uiSchema"))
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert [element["scope"] for element in form["elements"]] == [
        f"#/properties/{name}" for name in schema["properties"]
    ]
    assert set(schema["required"]) <= schema["properties"].keys()
    # Settings that are no strings would arrive as JSON text
    assert all(field["type"] == "string" and field["title"] for field in schema["properties"].values())
    time = re.compile(schema["properties"]["mixesAt"]["pattern"])
    assert all(time.search(at) for at in ("04:00", "4:00", "23:59", "never"))
    assert not any(time.search(at) for at in ("24:00", "12:60", "noon", "04:00 "))


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("nd_get_sonic_similar_tracks", {"song": {"id": "ambient-1", "name": "Ambient piece 1"}, "count": 5}),
    ("nd_find_sonic_path", {"startSong": {"id": "ambient-1"}, "endSong": {"id": "dub-1"}, "count": 6}),
    ("nd_get_similar_songs_by_track", {"id": "dub-1", "name": "Dub piece 1", "artist": "Dub Players 1", "count": 5}),
    ("nd_get_similar_songs_by_album", {"id": "album-dub-1-1", "name": "", "artist": "", "count": 5}),
    ("nd_get_similar_songs_by_artist", {"id": "artist-dub-1", "name": "Dub Players 1", "count": 5}),
    ("nd_get_similar_artists", {"id": "artist-dub-1", "name": "Dub Players 1", "limit": 5}),
    ("nd_get_similar_artists", {"id": "nobody", "name": "Never Heard: “Þögn”", "limit": 5}),
]


@pytest.mark.parametrize(("function", "given"), CALLS)
def test_answers_are_the_gateways_own(
    runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh, function: str, given: dict[str, Any]
) -> None:
    assert runtime.ask(navidrome, function, given) == mesh.ask(function, given)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 200_000])
def test_memory_of_any_length_is_copied_whole(runtime: Runtime, navidrome: Navidrome, size: int) -> None:
    answer = json.dumps({"songs": [{"id": "é" * size}]}, ensure_ascii=False).encode()
    with answering(200, answer) as url:
        navidrome.config["gateway"] = url
        assert runtime.call(navidrome, "nd_get_similar_songs_by_track", {}) == json.loads(answer)


def test_500_tracks(runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh) -> None:
    # When a client wants more than there are, like a track of a large library
    answer = runtime.ask(navidrome, "nd_get_sonic_similar_tracks", {"song": {"id": "crowd-1"}, "count": 100_000})
    # Then 500 come whole through the plugin's memory
    ids = [match["song"]["id"] for match in answer["matches"]]
    assert len(set(ids)) == 500
    assert set(ids) < set(mesh.music.crowd)


def test_all_of_a_library_comes_before_what_is_alike_in_others(
    runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh
) -> None:
    # When a client wants more than the seed's library has
    answer = runtime.ask(navidrome, "nd_get_sonic_similar_tracks", {"song": {"id": "dub-1"}, "count": 100_000})
    # Then the seed's kind is first, all of its library before others, and of those only what is alike
    ids = [match["song"]["id"] for match in answer["matches"]]
    assert set(ids[: TRACKS - 1]) == {*mesh.music.ids["dub"]} - {"dub-1"}
    others = {*mesh.music.archived, *mesh.music.crowd}
    own = len(mesh.music.everything) - len(others) - 1
    assert [track in others for track in ids] == [False] * own + [True] * (len(ids) - own)
    assert len(ids) - own < len(others) // 4
