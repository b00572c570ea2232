"""Lists, playlists and settings of the console, for people with different libraries of a real Navidrome."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.endtoend.navidrome.console import TOKEN, Shown
from tests.harness.browser import ADMIN

R: Final = "/api/recommendations"


def own_tracks(shown: Shown, name: str) -> dict[str, dict[str, Any]]:
    return {song["id"]: song for song in shown.town.navidrome.people[name].songs()}


def hidden(shown: Shown) -> dict[str, Any]:
    """A track that bob may not see."""
    return next(song for song in own_tracks(shown, "alice").values() if song["libraryId"] == 2)


@pytest.mark.parametrize("name", ["alice", "bob"])
@pytest.mark.parametrize("mode", ["custom", "recent", "all", "discovery", "favorites", "text"])
def test_a_list_holds_only_what_the_person_sees(shown: Shown, name: str, mode: str) -> None:
    seen = own_tracks(shown, name)
    first = next(iter(seen))
    other = hidden(shown)
    seeds = [
        {"kind": "track", "id": first},
        {"kind": "track", "id": other["id"]},
        {"kind": "album", "id": other["albumId"]},
        {"kind": "artist", "id": other["artistId"], "sign": "minus"},
    ]
    browser = shown.browsers[name]
    answer = browser.post(f"{R}/explore/list", {"mode": mode, "seeds": seeds, "limit": 20})
    assert answer.status == 200, answer.body
    found = answer.json
    assert found["rows"] and {row["id"] for row in found["rows"]} <= seen.keys()
    assert [row["place"] for row in found["rows"]] == list(range(len(found["rows"])))
    told = [seed["found"] for seed in found["seeds"]]
    assert told[0] is True and told[1] is (name == "alice"), found["seeds"]
    if name == "bob":
        assert (found["seeds"][1]["name"], found["seeds"][1]["tracks"]) == ("", 0)
        assert "songs_unseen" in found["warningCodes"]


def test_locked_rows_stay_and_removed_ones_never_come(shown: Shown) -> None:
    browser = shown.browsers["alice"]
    seed = {"kind": "track", "id": next(iter(own_tracks(shown, "alice")))}
    before = browser.post(f"{R}/explore/list", {"seeds": [seed], "limit": 8}).json["rows"]
    ids = [row["id"] for row in before]
    wish = {
        "seeds": [seed],
        "limit": 8,
        "locked": [{"id": ids[1], "place": 1}, {"id": ids[6], "place": 6}],
        "removedIds": [ids[0], *ids[2:6]],
    }
    after = browser.post(f"{R}/explore/list", wish).json["rows"]
    assert len(after) == 8
    assert [row["id"] for row in after if row["locked"]] == [ids[1], ids[6]]
    assert (after[1]["id"], after[6]["id"]) == (ids[1], ids[6])
    assert not {ids[0], *ids[2:6]} & {row["id"] for row in after}
    assert len({row["id"] for row in after}) == 8


def test_variety_ranks_anew(shown: Shown) -> None:
    browser = shown.browsers["alice"]
    seed = {"kind": "track", "id": next(iter(own_tracks(shown, "alice")))}
    close, varied = (
        [row["id"] for row in browser.post(f"{R}/explore/list", {"seeds": [seed], "diversity": d}).json["rows"]]
        for d in (0.0, 1.0)
    )
    assert close != varied


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_finding(shown: Shown, name: str) -> None:
    seen = own_tracks(shown, name)
    other = hidden(shown)
    browser = shown.browsers[name]
    for word in ("e", other["title"], other["id"], other["album"], other["artist"]):
        found = browser.get(f"{R}/explore?limit=50&q={quote(word)}").json
        assert {track["id"] for track in found["tracks"]} <= seen.keys()
        assert {album["id"] for album in found["albums"]} <= {song["albumId"] for song in seen.values()}
    examples = browser.get(f"{R}/explore").json["examples"]
    assert examples


def test_a_list_becomes_a_playlist_and_grows(shown: Shown) -> None:
    bob, seen = shown.browsers["bob"], list(own_tracks(shown, "bob"))
    other = hidden(shown)["id"]
    saved = bob.post(f"{R}/save", {"name": "From the console", "trackIds": [*seen[:3], other]}).json
    assert (saved["saved"], saved["dropped"]) == (3, [other])
    grown = bob.post(f"{R}/playlists/{saved['playlistId']}/append", {"trackIds": [seen[3], other, seen[0]]}).json
    assert (grown["saved"], grown["dropped"]) == (2, [other])
    assert shown.town.navidrome.people["bob"].entries(saved["playlistId"]) == [*seen[:4], seen[0]]
    (listed,) = [p for p in bob.get(f"{R}/playlists").json["playlists"] if p["id"] == saved["playlistId"]]
    assert (listed["name"], listed["own"], listed["writable"]) == ("From the console", True, True)
    assert listed["tracks"] >= 5, "Navidrome counts what was sent and is not shown, too"
    replaced = bob.post(f"{R}/save", {"name": "Shorter", "trackIds": seen[:1], "playlistId": saved["playlistId"]}).json
    assert replaced["saved"] == 1
    alice = shown.browsers["alice"]
    assert alice.post(f"{R}/playlists/{saved['playlistId']}/append", {"trackIds": seen[:1]}).status in {403, 404}


def test_an_m3u_names_only_what_the_person_sees(shown: Shown) -> None:
    seen = own_tracks(shown, "bob")
    first, other = next(iter(seen.values())), hidden(shown)
    body = {"name": "A <list>", "trackIds": [first["id"], other["id"]]}
    answer = shown.browsers["bob"].post(f"{R}/explore/m3u", body)
    lines = answer.body.decode().splitlines()
    assert lines[:2] == ["#EXTM3U", "#PLAYLIST:A <list>"] and len(lines) == 4
    assert lines[3] == first["path"]
    assert answer.headers["Content-Type"] == "audio/x-mpegurl; charset=utf-8"


def test_settings_can_be_undone(shown: Shown) -> None:
    browser = shown.browsers["bob"]
    listed = {each["name"]: each for each in browser.get(f"{R}/preferences").json["settings"]}
    assert listed["mixLength"] | {"meaning": ""} == {
        "name": "mixLength",
        "group": "lists",
        "kind": "whole",
        "value": 25,
        "default": 25,
        "least": 10,
        "most": 100,
        "step": 1,
        "meaning": "",
    }
    changed = browser.put(f"{R}/preferences", {"mixLength": 40, "discoveryMix": False}).json
    assert changed["previous"] == {"mixLength": 25, "discoveryMix": True}
    undone = browser.put(f"{R}/preferences", changed["previous"]).json
    assert undone["previous"] == {"mixLength": 40, "discoveryMix": False}
    refused = browser.put(f"{R}/preferences", {"mixLength": 5})
    assert (refused.status, refused.field) == (400, "mixLength")


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_mixes_of_today(shown: Shown, name: str) -> None:
    found = shown.browsers[name].get(f"{R}/mixes").json
    assert found["enough"] is True
    made = [mix for mix in found["mixes"] if mix["rows"]]
    assert made and {mix["key"] for mix in found["mixes"]} >= {"daily-1", "daily-6", "discovery", "rediscover"}
    seen = own_tracks(shown, name).keys()
    for mix in found["mixes"]:
        assert {row["id"] for row in (*mix["rows"], *mix["madeOf"])} <= seen
    assert next(mix for mix in made if mix["key"] == "daily-1")["madeOf"]
    assert not any("Sonic Mesh" in mix["meaning"] for mix in made)


def test_the_operators_part(shown: Shown) -> None:
    """Of a real mesh below supervisord."""
    admin = shown.browsers["admin"]
    system = admin.get(f"{ADMIN}/system").json
    assert system["supervised"] and system["errors"] == {}
    running = {process["name"] for process in system["processes"] if process["state"] == "RUNNING"}
    assert {"broker", "gateway", "library", "search"} <= running
    logs = admin.get(f"{ADMIN}/logs").json["logs"]
    assert {"broker", "gateway", "library", "search"} <= {each["name"] for each in logs}
    tail = admin.get(f"{ADMIN}/logs/gateway?lines=5").json
    assert 1 <= len(tail["lines"]) <= 5
    more = admin.get(f"{ADMIN}/logs/gateway?after={tail['end']}").json
    assert any("/logs/gateway" in line for line in more["lines"])
    assert admin.get(f"{ADMIN}/logs/..%2f.env").status == 404
    doctor = admin.get(f"{ADMIN}/doctor").json
    assert {finding["subject"] for finding in doctor["findings"]} >= {"settings", "disk"}
    settings = {each["variable"]: each for each in admin.get(f"{ADMIN}/settings").json["settings"]}
    assert (settings["SONICMESH_TOKEN"]["value"], settings["SONICMESH_TOKEN"]["origin"]) == ("(set)", "file")
    assert settings["SONICMESH_NICE"]["origin"] == "default"
    assert all(each["description"] for each in settings.values())
    scaled = admin.put(f"{ADMIN}/models/spectral/scale", {"workers": 2})
    assert scaled.json["scale"]["spectral"] == 2
    (spectral,) = [model for model in admin.get(f"{ADMIN}/models").json if model["name"] == "spectral"]
    assert spectral["scale"] == 2
    assert admin.put(f"{ADMIN}/models/spectral/scale", {"workers": 1}).status == 200


def test_nothing_secret_is_logged(shown: Shown) -> None:
    written = shown.mesh.logs() + shown.town.navidrome.log()
    cookie = shown.browsers["alice"].cookie["sonicmesh_session"].value
    for secret in ("alicepw", "adminpw", TOKEN, cookie):
        assert secret not in written
