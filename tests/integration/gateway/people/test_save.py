"""`POST /api/recommendations/save`, over both of Navidrome's interfaces."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.http import Answer
from tests.harness.navidrome_stand_in import Playlist, subsonic
from tests.harness.people_mesh import PeopleMesh

PATH = "/api/recommendations/save"
NATIVE_STEPS = ("POST playlist/tracks", "DELETE playlist/tracks", "PUT playlist")
WAYS = pytest.mark.parametrize("way", ["native", "subsonic"])


def save(people: PeopleMesh, way: str, who: str, /, **body: Any) -> Answer:
    if way == "subsonic":
        return people.mesh.post(f"{PATH}?{subsonic(who)}", body)
    return people.post(who, PATH, **body)


def playlist_of(people: PeopleMesh, name: str, tracks: list[str]) -> Playlist:
    owner = people.navidrome.user(name)
    assert owner is not None
    playlist = people.navidrome.make(owner, "Before", "old words", public=True)
    playlist.tracks = list(tracks)
    return playlist


@WAYS
def test_a_list_becomes_a_playlist_and_what_was_left_out_is_told(people: PeopleMesh, way: str) -> None:
    mine, hidden = people.tracks(2)[:3], people.tracks(1)[0]
    wanted = [mine[0], hidden, mine[1], "unknown", mine[2]]
    answer = save(people, way, "bob", name="Für mich", trackIds=wanted, comment="made by the mesh", public=True)
    assert answer.status == 200, answer.body
    (playlist,) = people.navidrome.playlists.values()
    assert answer.json == {"playlistId": playlist.id, "name": "Für mich", "saved": 3, "dropped": [hidden, "unknown"]}
    assert (playlist.owner.name, playlist.tracks) == ("bob", mine)
    assert (playlist.comment, playlist.public) == ("made by the mesh", True)


@WAYS
def test_replacing_replaces_tracks_and_name_and_keeps_the_rest(people: PeopleMesh, way: str) -> None:
    tracks = people.tracks()
    playlist = playlist_of(people, "alice", tracks[:5])
    answer = save(people, way, "alice", name="After", trackIds=tracks[5:8], playlistId=playlist.id)
    assert answer.json == {"playlistId": playlist.id, "name": "After", "saved": 3, "dropped": []}
    assert (playlist.name, playlist.tracks) == ("After", tracks[5:8])
    assert (playlist.comment, playlist.public) == ("old words", True)
    assert len(people.navidrome.playlists) == 1


@WAYS
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_failure_halfway_puts_the_playlist_back(people: PeopleMesh, way: str, step: int) -> None:
    tracks = people.tracks()
    playlist = playlist_of(people, "alice", tracks[:5])
    faults = {
        "native": {n: (call, [500]) for n, call in enumerate(NATIVE_STEPS, 1)},
        "subsonic": {1: ("createPlaylist", [500]), 2: ("updatePlaylist", [500]), 3: ("getPlaylist", [0, 500])},
    }
    # In the stand-in's words a path is every other part of it: playlist/ID/tracks is `playlist/tracks`
    call, statuses = faults[way][step]
    people.navidrome.faults[call] = statuses
    answer = save(people, way, "alice", name="After", trackIds=tracks[5:8], playlistId=playlist.id)
    assert (answer.status, answer.code) == (503, "navidrome_unavailable")
    assert (playlist.name, playlist.tracks) == ("Before", tracks[:5])
    assert (playlist.comment, playlist.public) == ("old words", True)


@WAYS
def test_what_cannot_be_put_back_is_told(people: PeopleMesh, way: str) -> None:
    tracks = people.tracks()
    playlist = playlist_of(people, "alice", tracks[:2])
    call = {"native": "PUT playlist", "subsonic": "updatePlaylist"}[way]
    people.navidrome.faults[call] = [500, 500]
    answer = save(people, way, "alice", name="After", trackIds=tracks[5:8], playlistId=playlist.id)
    assert answer.code == "navidrome_unavailable"
    assert answer.json["error"]["detail"] == {"playlist_id": playlist.id, "before": tracks[:2]}


@WAYS
def test_a_new_one_that_fails_leaves_nothing(people: PeopleMesh, way: str) -> None:
    call = {"native": "POST playlist/tracks", "subsonic": "createPlaylist"}[way]
    people.navidrome.faults[call] = [500] if way == "native" else [0, 500]
    answer = save(people, way, "alice", name="New", trackIds=people.tracks()[:2])
    assert answer.status == 503
    assert people.navidrome.playlists == {}


@WAYS
@pytest.mark.parametrize(("owner", "status", "code"), [("alice", 403, "forbidden"), ("bob", 409, "conflict")])
def test_others_and_smart_playlists_are_left_alone(
    people: PeopleMesh, way: str, owner: str, status: int, code: str
) -> None:
    tracks = people.tracks(2)
    playlist = playlist_of(people, owner, tracks[:2])
    playlist.rules = {"all": []} if owner == "bob" else None
    answer = save(people, way, "bob", name="Mine now", trackIds=tracks[2:4], playlistId=playlist.id)
    assert (answer.status, answer.code) == (status, code)
    assert (playlist.name, playlist.tracks) == ("Before", tracks[:2])


@WAYS
def test_a_playlist_that_is_not_there_is_404(people: PeopleMesh, way: str) -> None:
    answer = save(people, way, "alice", name="x", trackIds=people.tracks()[:1], playlistId="no where")
    assert (answer.status, answer.code) == (404, "not_found")


def test_many_tracks_and_a_track_twice(people: PeopleMesh) -> None:
    tracks = people.tracks()
    old = playlist_of(people, "alice", [tracks[n % 24] for n in range(450)])
    twice = [tracks[0], tracks[1], tracks[0]]
    answer = people.post("alice", PATH, name="n", trackIds=[*twice, "unknown", "unknown"], playlistId=old.id)
    assert (answer.json["saved"], answer.json["dropped"], old.tracks) == (3, ["unknown"], twice)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "trackIds": ["a"]}, "name"),
        ({"name": "x", "trackIds": []}, "trackIds"),
        ({"name": "x"}, "trackIds"),
    ],
)
def test_nothing_to_save_is_400(people: PeopleMesh, body: dict[str, Any], field: str) -> None:
    assert people.post("alice", PATH, **body).field == field
