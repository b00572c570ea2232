"""Navidrome's upgrade to 0.64, which rewrites its ids, under a running mesh; and what 0.64 asks beside that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.endtoend.navidrome import jellyfin
from tests.endtoend.navidrome.asking import COUNT, radio, songs_like, sonic
from tests.endtoend.navidrome.plugged import PEOPLE, Plugged
from tests.endtoend.navidrome.server import START_S
from tests.endtoend.navidrome.town import FOLLOW_S, progress
from tests.harness.waiting import eventually

#: Tracks whose lists are compared, by the ends of their paths.
ASKED = ("Strom/04 - Fourth Gate.opus", "Winter Rooms/02 - Second Gate.mp3", "Garage Tapes/03 - Third Light.wav")


@dataclass(frozen=True)
class Upgraded:
    """What was before the upgrade: ids by path, answers by paths, mixes by person and mark."""

    plugged: Plugged
    ids: dict[str, str]
    answers: dict[str, list[tuple[str, float]]]
    mixes: dict[str, dict[str, dict[str, Any]]]
    job_id: str


@pytest.fixture(scope="session")
def upgraded(plugged: Plugged) -> Upgraded:
    if not all(plugged.mixes(name) for name in PEOPLE):
        plugged.night()
    before = Upgraded(
        plugged,
        {song["path"]: song["id"] for song in plugged.town.admin.songs()},
        {path: by_path(plugged, path) for path in ASKED},
        {name: plugged.mixes(name) for name in PEOPLE},
        progress(plugged.mesh)["job_id"],
    )
    plugged.navidrome.stop()
    plugged.navidrome.start("0.64")
    for name in PEOPLE:
        plugged.navidrome.login(name)  # the secret of its tokens is new
    plugged.navidrome.scanned()
    eventually(
        lambda: "sonicSimilarity" in extensions(plugged), seconds=START_S
    )  # the plugin is compiled after the start
    return before


def extensions(plugged: Plugged) -> set[str]:
    found = plugged.town.admin.rest("getOpenSubsonicExtensions")["openSubsonicExtensions"]
    return {each["name"] for each in found}


def by_path(plugged: Plugged, path: str) -> list[tuple[str, float]]:
    """Tracks like one, by their paths, with their similarities."""
    paths = {song["id"]: song["path"] for song in plugged.town.admin.songs()}
    found = sonic(plugged.town.admin, plugged.town.song(path))
    return [(paths[track_id], score) for track_id, score in found if track_id in paths]


def test_ids_are_followed_and_answers_are_the_same(upgraded: Upgraded) -> None:
    plugged = upgraded.plugged
    now = {song["path"]: song["id"] for song in plugged.town.admin.songs()}
    assert now.keys() == upgraded.ids.keys()
    changed = [path for path, track_id in now.items() if track_id != upgraded.ids[path]]
    assert len(changed) > len(now) / 2
    # Then the same tracks are alike as before, without a click on the plugin's page
    assert all(upgraded.answers.values())
    eventually(lambda: {path: by_path(plugged, path) for path in ASKED} == upgraded.answers, seconds=FOLLOW_S)
    # And nothing was embedded for it
    assert progress(plugged.mesh)["job_id"] == upgraded.job_id


def test_a_client_that_kept_old_ids_is_answered(upgraded: Upgraded) -> None:
    plugged = upgraded.plugged
    now = {song["path"]: song["id"] for song in plugged.town.admin.songs()}
    path = next(path for path in ASKED if now_id(plugged, path) != old_id(upgraded, path))
    given = {"id": old_id(upgraded, path), "count": COUNT}

    def found() -> set[str]:
        answer = plugged.ask("nd_get_similar_songs_by_track", given)
        return {song["id"] for song in answer["songs"]} if answer else set()

    eventually(lambda: len(found()) == COUNT and found() <= set(now.values()), seconds=FOLLOW_S)


def now_id(plugged: Plugged, path: str) -> str:
    return plugged.town.song(path)


def old_id(upgraded: Upgraded, path: str) -> str:
    (found,) = [track_id for each, track_id in upgraded.ids.items() if each.endswith(path)]
    return found


def test_each_mix_is_there_once(upgraded: Upgraded) -> None:
    plugged = upgraded.plugged
    eventually(lambda: all(by_path(plugged, path) for path in ASKED), seconds=FOLLOW_S)
    for name, before in upgraded.mixes.items():
        for mark, mix in plugged.mixes(name).items():
            assert mix["songCount"] == before[mark]["songCount"]
            plugged.people[name].rest("updatePlaylist", playlistId=mix["id"], songIndexToRemove=[0, 1, 2])
    # When mixes are written again
    plugged.night()
    for name, before in upgraded.mixes.items():
        after = plugged.mixes(name)
        # Then they are the same playlists, with the same names, filled again with tracks that are there
        assert {mark: mix["name"] for mark, mix in after.items()} == {mark: mix["name"] for mark, mix in before.items()}
        seen = {song["id"] for song in plugged.people[name].songs()}
        for mix in after.values():
            assert set(plugged.people[name].entries(mix["id"])) <= seen
        assert {mark: mix["songCount"] for mark, mix in after.items()} == {
            mark: mix["songCount"] for mark, mix in before.items()
        }


@pytest.mark.parametrize("kind", ["playlist", "genre"])
def test_instant_mix_of_a_playlist_and_of_a_genre(upgraded: Upgraded, kind: str) -> None:
    alice = upgraded.plugged.people["alice"]
    song = next(song for song in alice.songs() if song["path"].endswith(ASKED[0]))
    made = alice.rest("createPlaylist", name="For a mix", songId=[song["id"]])["playlist"]["id"]
    before = upgraded.plugged.answered()
    try:
        found = songs_like(alice, made if kind == "playlist" else song["genres"][0]["id"])
    finally:
        alice.rest("deletePlaylist", id=made)
    assert upgraded.plugged.answered()["200"] > before["200"]
    assert len(set(found)) == len(found) == COUNT
    assert radio(alice, song["artistId"])


def test_jellyfin_clients_are_answered_too(upgraded: Upgraded) -> None:
    plugged = upgraded.plugged
    client = jellyfin.Client(plugged.navidrome, "bob")
    seen = {song["title"] for song in plugged.people["bob"].songs()}
    song = client.song("Fourth Gate")
    for path in (
        f"/Items/{song['Id']}/InstantMix?limit={COUNT}",
        f"/Items/{song['Id']}/Similar?limit={COUNT}",
        f"/Albums/{song['AlbumId']}/Similar?limit={COUNT}",
        f"/Artists/{song['ArtistItems'][0]['Id']}/Similar?limit={COUNT}",
        f"/AudioMuseAI/similar_tracks?item_id={song['Id']}&n={COUNT}",
    ):
        before = plugged.answered()
        found = client.names(path)
        # Then the mesh was asked (Navidrome caches similar artists for a while), and bob sees only what he may
        assert "/Artists/" in path or plugged.answered()["200"] > before["200"], path
        assert found, path
        if "similar_tracks" in path or "InstantMix" in path:
            assert set(found) <= seen, path
