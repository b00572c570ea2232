"""Covers and audio through the gateway, from a real Navidrome and in the person's own name."""

from __future__ import annotations

import http.client
import socket
import time
from pathlib import Path
from typing import Any, Final

import pytest

from tests.endtoend.navidrome.console import Shown
from tests.harness.browser import Browser

R: Final = "/api/recommendations"


def songs(shown: Shown, name: str) -> list[dict[str, Any]]:
    return shown.town.navidrome.people[name].songs()


def hidden(shown: Shown) -> dict[str, Any]:
    return next(song for song in songs(shown, "alice") if song["libraryId"] == 2)


def file_of(shown: Shown, song: dict[str, Any]) -> Path:
    folder = shown.town.music if song["libraryId"] == 1 else shown.town.archive
    return folder / str(song["path"])


def test_a_track_comes_byte_for_byte(shown: Shown) -> None:
    song = max(songs(shown, "bob"), key=lambda each: each["size"])
    answer = shown.browsers["bob"].get(f"{R}/stream/{song['id']}")
    assert answer.status == 200
    assert answer.body == file_of(shown, song).read_bytes()
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"].startswith("audio/")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("wanted", ["bytes=0-99", "bytes=100-199", "bytes=-50", "bytes=5-"])
def test_a_part_of_a_track(shown: Shown, wanted: str) -> None:
    song = songs(shown, "bob")[0]
    whole = file_of(shown, song).read_bytes()
    answer = shown.browsers["bob"].get(f"{R}/stream/{song['id']}", Range=wanted)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    part = whole[int(first) : int(last) + 1 if last else None] if first else whole[-int(last) :]
    assert (answer.status, answer.body) == (206, part)
    assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_no_such_part(shown: Shown) -> None:
    song = songs(shown, "bob")[0]
    answer = shown.browsers["bob"].get(f"{R}/stream/{song['id']}", Range="bytes=999999999-")
    assert answer.status == 416


def test_a_head_has_no_body(shown: Shown) -> None:
    song = songs(shown, "bob")[0]
    answer = shown.browsers["bob"].request("HEAD", f"{R}/stream/{song['id']}")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) == file_of(shown, song).stat().st_size


def test_nobody_hears_what_they_may_not(shown: Shown) -> None:
    song = hidden(shown)
    bob, alice, nobody = shown.browsers["bob"], shown.browsers["alice"], shown.new()
    covers = (song["id"], f"al-{song['albumId']}", song["albumId"])
    for path in (f"stream/{song['id']}", *(f"cover/{key}" for key in covers)):
        assert bob.get(f"{R}/{path}").status == 404
        assert nobody.get(f"{R}/{path}").status == 401
        assert alice.get(f"{R}/{path}").status == 200
    assert bob.post(f"{R}/played/{song['id']}", {"state": "played"}).status == 404
    assert bob.get(f"{R}/stream/nothing").status == 404


def test_a_cover_is_an_image_for_this_person(shown: Shown) -> None:
    song = songs(shown, "alice")[0]
    answer = shown.browsers["alice"].get(f"{R}/cover/al-{song['albumId']}?size=64")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("image/")
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    assert answer.headers["Vary"] == "Cookie"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert shown.browsers["alice"].get(f"{R}/cover/{song['id']}?size=5").status == 400


def plays(shown: Shown, name: str, song_id: str) -> int:
    song = shown.town.navidrome.people[name].rest("getSong", id=song_id)["song"]
    return int(song.get("playCount", 0))


def test_a_whole_play_is_reported_once(shown: Shown) -> None:
    alice = shown.browsers["alice"]
    song = songs(shown, "alice")[-1]["id"]
    before = plays(shown, "alice", song)
    assert alice.get(f"{R}/stream/{song}").status == 200
    assert plays(shown, "alice", song) == before, "hearing a preview is no play"
    assert alice.post(f"{R}/played/{song}", {"state": "playing"}).json == {"reported": True}
    now = shown.town.navidrome.people["alice"].rest("getNowPlaying")["nowPlaying"].get("entry", [])
    assert song in {entry["id"] for entry in now if entry["username"] == "alice"}
    assert plays(shown, "alice", song) == before
    assert alice.post(f"{R}/played/{song}", {"state": "played", "at": time.time() - 200}).status == 200
    assert plays(shown, "alice", song) == before + 1


def test_a_listener_who_stops_reading_holds_navidrome_up_no_more_than_needed(shown: Shown) -> None:
    """The gateway keeps little of a file whose reader is slow."""
    song = max(songs(shown, "bob"), key=lambda each: each["size"])
    browser = shown.browsers["bob"]
    cookie = f"sonicmesh_session={browser.cookie['sonicmesh_session'].value}"
    with socket.create_connection(("127.0.0.1", shown.mesh.port), timeout=60) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        request = f"GET {R}/stream/{song['id']} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
        connection.sendall(request.encode())
        time.sleep(0.5)
        assert browser.who()["name"] == "bob", "others are served meanwhile"
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.read() == file_of(shown, song).read_bytes()


def test_a_native_token_opens_no_audio(shown: Shown) -> None:
    token = shown.town.navidrome.people["alice"].token
    browser = Browser(shown.gate, **{"X-ND-Authorization": f"Bearer {token}"})
    answer = browser.get(f"{R}/stream/{songs(shown, 'alice')[0]['id']}")
    assert (answer.status, answer.code) == (401, "unauthorized")
