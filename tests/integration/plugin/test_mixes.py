"""`POST /plugin/mixes`: which playlists, with what, for whom."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gateway.plugin.mixes import FEWEST_KNOWN
from tests.harness.listeners import TRACKS
from tests.harness.plugin_mesh import PluginMesh

WHO = {"alice": "id-alice", "bob": "id-bob", "carol": "id-carol"}


def mixes(mesh: PluginMesh, name: str) -> dict[str, list[str]]:
    """Songs by key."""
    return {mix["key"]: mix["songIds"] for mix in asked(mesh, name)["mixes"]}


def asked(mesh: PluginMesh, name: str) -> dict[str, Any]:
    users: list[dict[str, Any]] = mesh.ask("mixes", {"userNames": [name]})["users"]
    assert [user["userName"] for user in users] == [name]
    return users[0]


def change(mesh: PluginMesh, name: str, **changes: object) -> None:
    params = {"user_id": WHO[name], "user_name": name, "changes": changes}
    mesh.client.call("library", "people.settings.change", params)


def styles(track_ids: list[str]) -> Counter[str]:
    return Counter(track_id.partition("-")[0] for track_id in track_ids)


def test_a_daily_mix_for_each_interest(mesh: PluginMesh) -> None:
    made = mixes(mesh, "alice")
    # Two interests in what was played lately: ambient more than blues
    assert [key for key in made if key.startswith("daily")] == ["daily-1", "daily-2"]
    assert styles(made["daily-1"]).most_common(1)[0][0] == "ambient"
    assert styles(made["daily-2"]).most_common(1)[0][0] == "blues"
    assert not set(made["daily-1"]) & set(made["daily-2"])
    assert all(len(songs) == len(set(songs)) for songs in made.values())


def test_discovery_was_never_played_and_rediscover_long_ago(mesh: PluginMesh) -> None:
    made = mixes(mesh, "alice")
    played = {*mesh.music.ids["ambient"][:12], *mesh.music.ids["blues"][:10], *mesh.music.ids["choral"][:8]}
    assert made["discovery"]
    assert not set(made["discovery"]) & played
    assert set(made["rediscover"]) == set(mesh.music.ids["choral"][:8])


def test_nobody_gets_what_they_may_not_see(mesh: PluginMesh) -> None:
    made = mixes(mesh, "bob")
    assert made.keys() >= {"daily-1", "daily-2", "discovery"}
    assert not {song for songs in made.values() for song in songs} & set(mesh.music.archived)


def test_who_knows_fewer_than_twenty_tracks_gets_none(mesh: PluginMesh) -> None:
    # Given carol, who played five
    mesh.music.hear("carol", mesh.music.ids["electro"][: FEWEST_KNOWN - 6])
    assert asked(mesh, "carol")["mixes"] == []
    # When she stars the twentieth
    mesh.music.hear("carol", mesh.music.ids["electro"][: FEWEST_KNOWN - 5], starred=True)
    assert asked(mesh, "carol")["mixes"]


def test_nothing_unlike_is_taken_to_fill_a_mix(mesh: PluginMesh) -> None:
    # Given a size that the music like bob's does not fill
    change(mesh, "bob", mix_size=100)
    try:
        made = mixes(mesh, "bob")
    finally:
        change(mesh, "bob", mix_size=40)
    # Then a mix is of its own kind, what was played included, and short
    for key, kind in (("daily-1", "dub"), ("daily-2", "electro")):
        assert styles(made[key])[kind] == TRACKS
        assert len(made[key]) <= TRACKS + 2


def test_the_same_all_day_and_said_what_of(mesh: PluginMesh) -> None:
    first, again = asked(mesh, "alice"), asked(mesh, "alice")
    assert first == again
    for mix in first["mixes"]:
        assert mix["mark"] in mix["comment"]
    assert "Ambient Players" in first["mixes"][0]["comment"]
    marks = [mix["mark"] for mix in (*first["mixes"], *first["off"])]
    assert len(set(marks)) == len(marks)


def test_settings_switch_mixes_off_and_size_them(mesh: PluginMesh) -> None:
    change(mesh, "alice", daily_mixes=1, discovery_mix=False, mix_size=10)
    try:
        answer = asked(mesh, "alice")
        assert [mix["key"] for mix in answer["mixes"]] == ["daily-1", "rediscover"]
        assert all(len(mix["songIds"]) <= 10 for mix in answer["mixes"])
        assert {"daily-2", "discovery"} <= {mix["key"] for mix in answer["off"]}
    finally:
        change(mesh, "alice", daily_mixes=3, discovery_mix=True, mix_size=40)


def test_an_unknown_user_is_said(mesh: PluginMesh) -> None:
    status, answer = mesh.request("POST", "/plugin/mixes", b'{"userNames": ["nobody"]}')
    assert (status, answer["error"]["code"]) == (404, "not_found")
