"""The built wasm in its runtime: every call a new instance, a real mesh behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugin.build import build
from tests.plugin.answering import answering
from tests.plugin.house import House
from tests.plugin.music import TRACKS

pytest.importorskip("extism", reason="no extism (pip install extism): the plugin cannot run")

if TYPE_CHECKING:
    from tests.plugin.navidrome import Navidrome, Runtime

#: Most bytes of the package.
MOST_BYTES = 1_500_000


def test_two_builds_are_identical_and_small(package: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "again.ndp", cache=tmp_path / "cache")
    assert again.read_bytes() == package.read_bytes()
    assert package.stat().st_size <= MOST_BYTES


def test_the_manifest_asks_for_what_is_used_and_says_why(runtime: Runtime) -> None:
    permissions = runtime.manifest["permissions"]
    assert set(permissions) == {"http", "scheduler", "users", "subsonicapi", "kvstore"}
    assert all(permission["reason"] for permission in permissions.values())
    assert permissions["http"]["requiredHosts"] == ["*"]
    schema = runtime.manifest["config"]["schema"]
    shown = {element["scope"] for element in runtime.manifest["config"]["uiSchema"]["elements"]}
    assert shown == {f"#/properties/{name}" for name in schema["properties"]}


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
    runtime: Runtime, navidrome: Navidrome, house: House, function: str, given: dict[str, Any]
) -> None:
    assert runtime.ask(navidrome, function, given) == house.ask(function, given)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 200_000])
def test_memory_of_any_length_is_copied_whole(runtime: Runtime, navidrome: Navidrome, size: int) -> None:
    answer = json.dumps({"songs": [{"id": "é" * size}]}, ensure_ascii=False).encode()
    with answering(200, answer) as url:
        navidrome.config["gateway"] = url
        assert runtime.call(navidrome, "nd_get_similar_songs_by_track", {}) == json.loads(answer)


def test_500_tracks(runtime: Runtime, navidrome: Navidrome, house: House) -> None:
    # When a client wants more than there are
    answer = runtime.ask(navidrome, "nd_get_sonic_similar_tracks", {"song": {"id": "dub-1"}, "count": 100_000})
    # Then 500 come whole through the plugin's memory: the seed's kind first, and all of its library before others
    ids = [match["song"]["id"] for match in answer["matches"]]
    assert len(set(ids)) == 500
    assert set(ids[: TRACKS - 1]) == {*house.music.ids["dub"]} - {"dub-1"}
    others = {*house.music.archived, *house.music.crowd}
    own = len(house.music.everything) - len(others) - 1
    assert [track in others for track in ids] == [False] * own + [True] * (500 - own)
