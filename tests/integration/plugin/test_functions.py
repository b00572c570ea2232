"""`POST /plugin/{function}`: what Navidrome's plugin gets, through a real mesh."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.harness.listeners import ARTISTS, SOCIETY
from tests.harness.plugin_mesh import PluginMesh
from tests.harness.processes import stopped
from tests.harness.waiting import eventually

#: Most seconds until an error: 0.9, and the patience of a loaded machine.
PATIENT_S = 3.0
SEED = {"id": "ambient-0", "name": "Ambient piece 0", "artist": "Ambient Players 0", "duration": 180}


def style(track_id: str) -> str:
    return track_id.partition("-")[0]


def ids(answer: dict[str, Any]) -> list[str]:
    return [match["song"]["id"] for match in answer["matches"]]


def test_similar_tracks_are_of_the_seeds_kind_and_fall(mesh: PluginMesh) -> None:
    # When
    answer = mesh.ask("nd_get_sonic_similar_tracks", {"song": SEED, "count": 10})
    # Then
    assert len(answer["matches"]) == 10
    assert {style(i) for i in ids(answer)} == {"ambient"}
    assert SEED["id"] not in ids(answer)
    scores = [match["similarity"] for match in answer["matches"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    # And Navidrome can match a song even after its id changed
    assert set(answer["matches"][0]["song"]) == {"id", "name", "artist", "album", "duration", "durationMs"}


def test_the_seeds_library_comes_first(mesh: PluginMesh) -> None:
    for seed, own in (("ambient-0", False), (mesh.music.archived[0], True)):
        answer = mesh.ask("nd_get_sonic_similar_tracks", {"song": {"id": seed}, "count": 25})
        first = ids(answer)[:11]
        assert {track in mesh.music.archived for track in first} == {own}
    # And what is short in one library is filled from the other
    assert len(answer["matches"]) == 25
    assert {style(track) for track in ids(answer)[:20]} == {"ambient"}


@pytest.mark.parametrize("stale", ["", "gone-with-an-upgrade"])
def test_a_stale_id_is_found_by_title_artist_and_length(mesh: PluginMesh, stale: str) -> None:
    known = mesh.ask("nd_get_sonic_similar_tracks", {"song": SEED, "count": 8})
    assert mesh.ask("nd_get_sonic_similar_tracks", {"song": {**SEED, "id": stale}, "count": 8}) == known
    # But a song of the same name and another length is another song
    other = {**SEED, "id": stale, "duration": 400}
    assert mesh.ask("nd_get_sonic_similar_tracks", {"song": other, "count": 8}) is None


@pytest.mark.parametrize(
    ("function", "given"),
    [
        ("nd_get_sonic_similar_tracks", {"song": {"id": "nobody", "name": "Never Heard"}, "count": 5}),
        ("nd_find_sonic_path", {"startSong": {"id": "nobody"}, "endSong": SEED, "count": 5}),
        ("nd_get_similar_songs_by_track", {"id": "nobody", "name": "Never Heard", "count": 5}),
        ("nd_get_similar_songs_by_album", {"id": "nobody", "name": "Never Heard", "count": 5}),
        ("nd_get_similar_songs_by_artist", {"id": "nobody", "name": "Never Heard", "count": 5}),
        ("nd_get_similar_artists", {"id": "nobody", "name": "Never Heard", "limit": 5}),
    ],
)
def test_what_nobody_knows_is_null(mesh: PluginMesh, function: str, given: dict[str, Any]) -> None:
    assert mesh.ask(function, given) is None


def test_a_path_leads_from_one_end_to_the_other(mesh: PluginMesh) -> None:
    ends = {"startSong": SEED, "endSong": {"id": "dub-3"}, "count": 8}
    path = mesh.ask("nd_find_sonic_path", ends)
    assert (ids(path)[0], ids(path)[-1]) == ("ambient-0", "dub-3")
    assert len(set(ids(path))) == 8
    assert path["matches"][0]["similarity"] == 1
    # And from a track to itself it is short
    alone = mesh.ask("nd_find_sonic_path", {**ends, "endSong": SEED})
    assert ids(alone) == ["ambient-0"]


def test_instant_mixes(mesh: PluginMesh) -> None:
    track = mesh.ask("nd_get_similar_songs_by_track", {"id": "blues-1", "name": "?", "artist": "?", "count": 7})
    album = mesh.ask("nd_get_similar_songs_by_album", {"id": "album-blues-1-1", "name": "?", "count": 7})
    by_name = mesh.ask(
        "nd_get_similar_songs_by_album",
        {"id": "stale", "name": "Blues Record 1 in 1", "artist": "Blues Players 1", "count": 7},
    )
    for answer in (track, album):
        assert [style(song["id"]) for song in answer["songs"]] == ["blues"] * 7
    assert by_name == album
    # An artist's radio begins with the artist, who has a third of it
    radio = mesh.ask("nd_get_similar_songs_by_artist", {"id": "artist-dub-2", "name": "Dub Players 2", "count": 9})
    own = [song["artist"] == "Dub Players 2" for song in radio["songs"]]
    assert own[0]
    assert sum(own) == 3


def test_similar_artists_by_id_and_by_name(mesh: PluginMesh) -> None:
    answer = mesh.ask("nd_get_similar_artists", {"id": "artist-dub-2", "name": "Dub Players 2", "limit": 5})
    names = [artist["name"] for artist in answer["artists"]]
    assert set(names[:2]) == {"Dub Players 0", "Dub Players 1"}
    assert "Dub Players 2" not in names
    assert mesh.ask("nd_get_similar_artists", {"id": "stale", "name": "dub players 2", "limit": 5}) == answer


@pytest.mark.parametrize("count", [0, -5, 10**6])
def test_any_count_is_answered(mesh: PluginMesh, count: int) -> None:
    answer = mesh.ask("nd_get_similar_songs_by_track", {"id": "blues-1", "count": count})
    assert 1 <= len(answer["songs"]) <= 500


def test_files_that_vanished_are_not_answered(mesh: PluginMesh) -> None:
    # Given that all but three of a kind are gone for now
    gone = mesh.music.ids["electro"][4:]
    given = {"song": {"id": "electro-0"}, "count": 8}
    assert set(ids(mesh.ask("nd_get_sonic_similar_tracks", given))) & set(gone)
    path = {"startSong": {"id": "electro-0"}, "endSong": {"id": "electro-1"}, "count": 5}

    def seen() -> set[str]:
        near = mesh.ask("nd_get_sonic_similar_tracks", given)
        return {*ids(near), *ids(mesh.ask("nd_find_sonic_path", path))}

    mesh.music.mark(gone, missing=True)
    try:
        eventually(lambda: not seen() & set(gone), "they are gone")
        assert len(mesh.ask("nd_get_sonic_similar_tracks", given)["matches"]) == 8
    finally:
        mesh.music.mark(gone, missing=False)
    eventually(lambda: seen() & set(gone), "they are back")


def test_broken_bodies_and_unknown_functions_are_refused(mesh: PluginMesh) -> None:
    assert mesh.request("POST", "/plugin/nd_find_sonic_path", b"{broken")[0] == 400
    assert mesh.request("POST", "/plugin/nd_find_sonic_path", b"{}")[0] == 400
    status, answer = mesh.request("POST", "/plugin/nd_get_lyrics", b"{}")
    assert (status, answer["error"]["code"]) == (404, "not_found")


def test_an_artist_without_tracks_is_known_by_albums(mesh: PluginMesh) -> None:
    # Given an album artist of choral albums, who sings on none of them
    by_id = {"id": "society", "name": SOCIETY, "count": 6, "limit": 6}
    by_name = {**by_id, "id": "stale", "name": SOCIETY.lower()}
    # Then the radio is of those albums and what is like them
    radio = mesh.ask("nd_get_similar_songs_by_artist", by_id)
    assert {style(song["id"]) for song in radio["songs"]} == {"choral"}
    assert mesh.ask("nd_get_similar_songs_by_artist", by_name) == radio
    # And who sings on them sounds alike
    alike = mesh.ask("nd_get_similar_artists", by_id)
    assert {artist["name"] for artist in alike["artists"][:ARTISTS]} == {f"Choral Players {n}" for n in range(ARTISTS)}
    assert mesh.ask("nd_get_similar_artists", by_name) == alike


@pytest.mark.parametrize("name", ["Various Artists", "[Unknown Artist]"])
def test_nobody_is_like_many_or_nobody(mesh: PluginMesh, name: str) -> None:
    assert mesh.ask("nd_get_similar_artists", {"id": "society", "name": name, "limit": 5}) is None


@pytest.mark.parametrize("part", ["search", "library", "broker"])
def test_a_hung_part_is_an_error_within_a_second(mesh: PluginMesh, part: str) -> None:
    with stopped(getattr(mesh, part)):
        assert seconds_until_said(mesh) < PATIENT_S


def test_a_killed_broker_is_an_error_within_a_second_and_forgotten(mesh: PluginMesh) -> None:
    mesh.broker.kill()
    mesh.broker.wait()
    try:
        assert seconds_until_said(mesh) < PATIENT_S
    finally:
        mesh.start_broker()
    assert mesh.ask("nd_get_similar_songs_by_track", {"id": "blues-1", "count": 5})["songs"]


def seconds_until_said(mesh: PluginMesh) -> float:
    """How long a person waits for the error."""
    began = time.monotonic()
    status, answer = mesh.request("POST", "/plugin/nd_get_sonic_similar_tracks", json.dumps({"song": SEED}).encode())
    assert answer["error"]["code"] in {"deadline_exceeded", "no_worker"}
    assert status in {503, 504}
    return time.monotonic() - began


def test_an_unreadable_library_is_an_error_not_ignorance(mesh: PluginMesh) -> None:
    # Given a database that is away
    away = mesh.music.database.with_suffix(".away")
    mesh.music.database.rename(away)
    unknown = json.dumps({"id": "nobody", "name": "Never Heard", "count": 5}).encode()
    try:
        # Then what is not known may be known soon
        eventually(lambda: mesh.request("POST", "/plugin/nd_get_similar_songs_by_track", unknown)[0] == 503, "503")
        # And known tracks are answered as usual
        assert mesh.ask("nd_get_similar_songs_by_track", {"id": "blues-1", "count": 5})["songs"]
    finally:
        away.rename(mesh.music.database)
    eventually(lambda: mesh.request("POST", "/plugin/nd_get_similar_songs_by_track", unknown)[0] == 200, "200")
