"""The built wasm in its runtime: every call a new instance, a real mesh behind."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugin.build import build
from tests.mesh.house import REPOSITORY, free_port
from tests.plugin.house import House
from tests.plugin.test_mixes import change

extism = pytest.importorskip("extism", reason="no extism (pip install extism): the plugin cannot run")

if TYPE_CHECKING:
    from tests.plugin.navidrome import Navidrome, Runtime

LIVE = REPOSITORY.parent / "shared/data/navidrome-live/plugin-calls"
#: Most bytes of the package.
MOST_BYTES = 1_500_000


@pytest.fixture
def navidrome(house: House) -> Navidrome:
    """A server whose admin chose alice and bob."""
    from tests.plugin.navidrome import Navidrome

    everything = house.music.everything
    sees = {"alice": everything, "bob": everything - set(house.music.archived)}
    return Navidrome(sees, gateway=house.url, token="", mixesAt="04:30")


@contextmanager
def answering(status: int, body: bytes, seconds: float = 0.0) -> Iterator[str]:
    """Something that answers every POST so, after so long; its address."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            ended.wait(seconds)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


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
    assert runtime.call(navidrome, function, given) == house.ask(function, given)


@pytest.mark.skipif(not LIVE.exists(), reason="the recorded calls are not here")
def test_recorded_calls_go_through_unchanged(runtime: Runtime, navidrome: Navidrome, house: House) -> None:
    recorded = [json.loads(path.read_text()) for path in sorted(LIVE.glob("*.json"))]
    assert len(recorded) > 10
    for call in recorded:
        # The library is another one: all that matters is that real input is understood.
        assert runtime.call(navidrome, call["function"], call["input"]) == house.ask(call["function"], call["input"])


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 200_000])
def test_memory_of_any_length_is_copied_whole(runtime: Runtime, navidrome: Navidrome, size: int) -> None:
    answer = json.dumps({"songs": [{"id": "é" * size}]}, ensure_ascii=False).encode()
    with answering(200, answer) as url:
        navidrome.config["gateway"] = url
        assert runtime.call(navidrome, "nd_get_similar_songs_by_track", {}) == json.loads(answer)


def test_500_tracks(runtime: Runtime, navidrome: Navidrome) -> None:
    song = {
        "id": "x" * 22,
        "name": "A title of some length",
        "artist": "Somebody",
        "album": "A record",
        "duration": 1.5,
    }
    answer = {"matches": [{"song": song, "similarity": 0.5}] * 500}
    with answering(200, json.dumps(answer).encode()) as url:
        navidrome.config["gateway"] = url
        assert runtime.call(navidrome, "nd_get_sonic_similar_tracks", {}) == answer


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b'{"message": "no worker serves search"}', "503: no worker serves search"),
        (401, b'{"message": "a token is needed"}', "401: a token is needed"),
        (502, b"<html>Bad gateway</html>", "502: <html>"),
        (200, b'{"songs": [', "no JSON"),
        (200, b"", "no JSON"),
    ],
)
def test_what_goes_wrong_is_an_error_that_says_what(
    runtime: Runtime, navidrome: Navidrome, status: int, body: bytes, said: str
) -> None:
    with answering(status, body) as url:
        navidrome.config["gateway"] = url
        with pytest.raises(extism.Error, match=said):
            runtime.call(navidrome, "nd_get_similar_songs_by_track", {"id": "dub-1"})


def test_a_mesh_that_is_down_or_slow(runtime: Runtime, navidrome: Navidrome) -> None:
    navidrome.config["gateway"] = f"127.0.0.1:{free_port()}"
    with pytest.raises(extism.Error, match="cannot be reached"):
        runtime.call(navidrome, "nd_get_similar_songs_by_track", {"id": "dub-1"})
    with answering(200, b"null", seconds=30) as url:
        navidrome.config["gateway"] = url
        with pytest.raises(extism.Error, match="cannot be reached"):
            runtime.call(navidrome, "nd_get_similar_songs_by_track", {"id": "dub-1"})


def test_the_token_is_sent(runtime: Runtime, navidrome: Navidrome) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        navidrome.config |= {"gateway": f"http://127.0.0.1:{server.getsockname()[1]}/", "token": " a secret "}
        seen: list[bytes] = []

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            assert runtime.call(navidrome, "nd_get_similar_artists", {}) is None
        finally:
            thread.join()
    assert b"POST /plugin/nd_get_similar_artists " in seen[0]
    assert b"Authorization: Bearer a secret\r\n" in seen[0]


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


def test_everybody_gets_their_own_mixes(runtime: Runtime, navidrome: Navidrome, house: House) -> None:
    runtime.start(navidrome)
    assert runtime.night(navidrome) == []
    for name in ("alice", "bob"):
        own = navidrome.of(name)
        assert own.keys() >= {"Daily Mix 1", "Daily Mix 2", "Discovery"}
        assert all(playlist.songs and "[sonicmesh:" in playlist.comment for playlist in own.values())
    assert "Rediscover" in navidrome.of("alice")
    seen = {song for playlist in navidrome.of("bob").values() for song in playlist.songs}
    assert not seen & set(house.music.archived)


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
    runtime: Runtime, navidrome: Navidrome, house: House
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
        change(house, "alice", discovery_mix=False, rediscover_mix=False)
        assert runtime.night(navidrome) == []
        assert "Rediscover" not in navidrome.of("alice"), "what is switched off is taken away"
    finally:
        change(house, "alice", discovery_mix=True, rediscover_mix=True)
    assert runtime.night(navidrome) == []
    assert {"Discovery", "Rediscover"} <= navidrome.of("alice").keys()


def test_playlists_of_others_are_never_touched(runtime: Runtime, navidrome: Navidrome) -> None:
    from tests.plugin.navidrome import Playlist

    # Given bob's own copy of a mark, public, seen by alice who is an admin
    navidrome.admins.add("alice")
    theirs = Playlist("theirs", "bob", "Mine", "I like [sonicmesh:daily-1]... not: [sonicmesh:rediscover]", True, ["a"])
    navidrome.sees = {"alice": navidrome.sees["alice"]}
    navidrome.playlists["theirs"] = theirs
    runtime.start(navidrome)
    assert runtime.night(navidrome) == []
    assert (theirs.songs, theirs.name) == (["a"], "Mine")
    assert "Daily Mix 1" in navidrome.of("alice")


def test_mixes_are_tried_again_while_the_mesh_is_down(runtime: Runtime, navidrome: Navidrome, house: House) -> None:
    runtime.start(navidrome)
    navidrome.once.clear()
    navidrome.config["gateway"] = f"http://127.0.0.1:{free_port()}"
    assert runtime.night(navidrome) != []
    assert not navidrome.playlists
    # Given that it comes back before the last attempt
    due = navidrome.recurring[0]
    runtime.call(navidrome, "nd_scheduler_callback", {"payload": due["payload"]})
    assert runtime.wait(navidrome, rounds=1) == []
    navidrome.config["gateway"] = house.url
    assert runtime.wait(navidrome) == []
    assert navidrome.of("alice")


@pytest.mark.parametrize("body", [b"", b"{broken", b'{"payload": "nothing"}'])
def test_callbacks_that_cannot_be_read(runtime: Runtime, navidrome: Navidrome, body: bytes) -> None:
    with pytest.raises(extism.Error, match="cannot be read"):
        runtime.call(navidrome, "nd_scheduler_callback", body)
