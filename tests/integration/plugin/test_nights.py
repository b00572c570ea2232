"""Mixes, as the plugin writes them night after night: starts, schedules, settings, what people delete."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bench.ports import free_port
from tests.harness.plugin_mesh import PluginMesh
from tests.integration.plugin.test_mixes import change

pytest.importorskip("extism", reason="no extism (pip install extism): the plugin cannot run")

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Navidrome, Runtime


def test_a_start_schedules_every_day_and_catches_up(runtime: Runtime, navidrome: Navidrome) -> None:
    runtime.start(navidrome)
    assert [each["cronExpression"] for each in navidrome.recurring] == ["30 4 * * *"]
    assert runtime.wait(navidrome) == []
    assert "Daily Mix 1" in navidrome.of("alice")
    # And a second start on the same day leaves everything alone
    writes = navidrome.calls.count("createPlaylist")
    runtime.start(navidrome)
    assert runtime.wait(navidrome) == []
    assert navidrome.calls.count("createPlaylist") == writes


@pytest.mark.parametrize("at", ["never", "4 o'clock", "24:00"])
def test_times_that_are_none(runtime: Runtime, navidrome: Navidrome, at: str) -> None:
    navidrome.config["mixesAt"] = at
    runtime.start(navidrome)
    assert not navidrome.recurring
    assert not navidrome.once


def test_each_person_has_a_task_of_their_own(runtime: Runtime, navidrome: Navidrome) -> None:
    # When two nights come due before anything of the first was done
    runtime.start(navidrome)
    navidrome.once.clear()
    for _ in range(2):
        runtime.call(navidrome, "nd_scheduler_callback", {**navidrome.recurring[0], "isRecurring": True})
    # Then there is one task for each person and night, one after the other, and nothing is written yet
    payloads = [json.loads(task["payload"])["user"] for task in navidrome.once]
    assert payloads == ["alice", "bob"] * 2
    delays = [task["delaySeconds"] for task in navidrome.once]
    assert delays[0] < delays[1]
    assert len({task["scheduleId"] for task in navidrome.once}) == 4
    assert navidrome.calls == []


def test_everybody_gets_their_own_mixes(runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh) -> None:
    runtime.start(navidrome)
    assert runtime.night(navidrome) == []
    for name in ("alice", "bob"):
        own = navidrome.of(name)
        assert own.keys() >= {"Daily Mix 1", "Daily Mix 2", "Discovery"}
        assert all(playlist.songs and "[sonicmesh:" in playlist.comment for playlist in own.values())
    assert "Rediscover" in navidrome.of("alice")
    seen = {song for playlist in navidrome.of("bob").values() for song in playlist.songs}
    assert not seen & set(mesh.music.archived)


def test_the_next_night_writes_into_the_same_playlists(runtime: Runtime, navidrome: Navidrome) -> None:
    # Given mixes, one of them renamed, and ids that were rewritten meanwhile
    runtime.start(navidrome)
    runtime.night(navidrome)
    navidrome.of("alice")["Discovery"].name = "New things"
    for playlist in navidrome.playlists.values():
        playlist.songs = []
    navidrome.rewrite_ids()
    before = {playlist.id: playlist.name for playlist in navidrome.playlists.values()}
    # When
    assert runtime.night(navidrome) == []
    # Then no second copy, no other name, and songs again
    assert {playlist.id: playlist.name for playlist in navidrome.playlists.values()} == before
    assert all(playlist.songs for playlist in navidrome.playlists.values())


def test_what_the_person_deleted_stays_deleted_until_it_is_switched_on_again(
    runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh
) -> None:
    runtime.start(navidrome)
    runtime.night(navidrome)
    # When its owner deletes one
    del navidrome.playlists[navidrome.of("alice")["Discovery"].id]
    for _ in range(2):
        assert runtime.night(navidrome) == []
        assert "Discovery" not in navidrome.of("alice")
    try:
        # And switches it off and on
        change(mesh, "alice", discovery_mix=False, rediscover_mix=False)
        assert runtime.night(navidrome) == []
        assert "Rediscover" not in navidrome.of("alice"), "what is switched off is taken away"
    finally:
        change(mesh, "alice", discovery_mix=True, rediscover_mix=True)
    assert runtime.night(navidrome) == []
    assert {"Discovery", "Rediscover"} <= navidrome.of("alice").keys()


def test_playlists_of_others_are_never_touched(runtime: Runtime, navidrome: Navidrome) -> None:
    from tests.harness.plugin_runtime import Playlist

    # Given bob's own copy of a mark, public, seen by alice who is an admin
    navidrome.admins.add("alice")
    theirs = Playlist("theirs", "bob", "Mine", "I like [sonicmesh:daily-1]... not: [sonicmesh:rediscover]", True, ["a"])
    navidrome.sees = {"alice": navidrome.sees["alice"]}
    navidrome.playlists["theirs"] = theirs
    runtime.start(navidrome)
    assert runtime.night(navidrome) == []
    assert (theirs.songs, theirs.name) == (["a"], "Mine")
    assert "Daily Mix 1" in navidrome.of("alice")


def test_mixes_are_tried_again_while_the_mesh_is_down(runtime: Runtime, navidrome: Navidrome, mesh: PluginMesh) -> None:
    runtime.start(navidrome)
    navidrome.once.clear()
    navidrome.config["gateway"] = f"http://127.0.0.1:{free_port()}"
    assert runtime.night(navidrome) != []
    assert not navidrome.playlists
    # Given that it comes back before the last attempt
    due = navidrome.recurring[0]
    runtime.call(navidrome, "nd_scheduler_callback", {"payload": due["payload"]})
    assert runtime.wait(navidrome, rounds=1) == []
    navidrome.config["gateway"] = mesh.url
    assert runtime.wait(navidrome) == []
    assert navidrome.of("alice")
