"""Calls that a real Navidrome made, replayed on the library it made them for, and nights of it before a change of the
library, after it, and after the upgrade that changed its ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.endtoend.plugin.server import Server
from tests.endtoend.plugin.town import FOLLOW_S, Town, ids_of, running_town
from tests.harness.places import SHARED
from tests.harness.waiting import eventually

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Runtime

LIVE = SHARED / "data/navidrome-live"
BEFORE, CHANGED, UPGRADED = (LIVE / f"{name}.db" for name in ("1-before-0.63", "2-changed-0.63", "3-upgraded-0.64"))

pytestmark = pytest.mark.skipif(not LIVE.exists(), reason="the recorded Navidrome library is not here")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The server before its upgrade. Nobody there has played enough for mixes: alice (both libraries), carol (the first
    only) now do, carol loving six tracks of long ago."""
    server = Server(tmp_path_factory.mktemp("server"), BEFORE)
    paths = [str(path) for (path,) in server.rows("SELECT path FROM media_file WHERE library_id = 1 ORDER BY path")]
    server.listen("alice", paths[::2], days=3)
    server.listen("carol", paths[:18], days=2)
    server.listen("carol", paths[18:24], days=300, starred=True)
    folders = f"/music={LIVE}/music,/archive={LIVE}/archive"
    with running_town(server, tmp_path_factory.mktemp("sm h"), SONICMESH_PATH_MAP=folders) as town:
        yield town


def recorded() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((LIVE / "plugin-calls").glob("*.json"))]


def test_our_own_questions_are_shaped_as_recorded(town: Town) -> None:
    """What the other tests ask without these recordings."""
    track, other = town.server.tracks("artist = 'Nordlys Trio'")[:2]
    ours = dict(town.server.questions(track, other, 5))
    assert {call["function"] for call in recorded()} == ours.keys()
    for call in recorded():
        assert shape(ours[call["function"]]) == shape(call["input"])


def shape(value: Any) -> Any:
    """Its keys and kinds of values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return "number" if isinstance(value, int | float) else type(value).__name__


def test_every_recorded_call_is_answered(town: Town, runtime: Runtime) -> None:
    # Given calls of before the upgrade and after it, and the library of before
    navidrome = town.navidrome()
    there = set(town.server.tracks()) | {str(i) for (i,) in town.server.rows("SELECT id FROM artist")}
    # When each is made in an instance of its own
    for call in recorded():
        answer = runtime.ask(navidrome, call["function"], call["input"])
        # Then it is answered with what is there, though half of the ids are of another time
        assert answer is not None, call
        ids = ids_of(answer)
        assert ids
        assert set(ids) <= there
        assert len(ids) == len(set(ids)) <= call["input"].get("count", call["input"].get("limit"))


def test_artists_who_are_only_credited(town: Town, runtime: Runtime) -> None:
    # Given a composer and an album artist, as a real scan stored them
    navidrome = town.navidrome()
    ids = {str(name): str(i) for i, name in town.server.rows("SELECT id, name FROM artist")}
    composer = {"id": ids["J. Nobody"], "name": "J. Nobody"}
    # Then the radio uses the tracks that credit them, and the sampler's many artists resemble nobody
    played = {str(i) for (i,) in town.server.rows("SELECT id FROM media_file WHERE participants LIKE '%J. Nobody%'")}
    radio = ids_of(runtime.ask(navidrome, "nd_get_similar_songs_by_artist", {**composer, "count": 9}))
    assert radio[0] in played
    assert len(played & set(radio)) <= 3
    assert runtime.ask(navidrome, "nd_get_similar_artists", {**composer, "limit": 5})["artists"]
    sampler = {"id": ids["Various Artists"], "name": "Various Artists"}
    assert runtime.ask(navidrome, "nd_get_similar_songs_by_artist", {**sampler, "count": 5})["songs"]
    assert runtime.ask(navidrome, "nd_get_similar_artists", {**sampler, "limit": 5}) is None


def test_the_doctor_sees_that_navidrome_asks(town: Town, runtime: Runtime) -> None:
    # Given a question
    call = recorded()[0]
    runtime.ask(town.navidrome(), call["function"], call["input"])
    # When
    examined = json.loads(town.mesh.sonicmesh("doctor", "--json").stdout)
    # Then
    found = next(finding for finding in examined["findings"] if finding["subject"] == "plugin")
    assert found["status"] in {"ok", "note"}, found
    assert "from Navidrome" in found["message"] or found["message"].startswith("Navidrome sent")


def test_nights_of_a_server_that_changes_and_upgrades(town: Town, runtime: Runtime) -> None:
    # Given mixes of a first night, for those who heard enough; carol deletes one
    navidrome = town.navidrome()
    runtime.start(navidrome)
    assert runtime.night(navidrome) == []
    assert {playlist.owner for playlist in navidrome.playlists.values()} == {"alice", "carol"}
    mixes = navidrome.of("carol")
    assert {"Daily Mix 1", "Discovery", "Rediscover"} <= mixes.keys()
    assert not set(mixes["Discovery"].songs) & town.server.heard("carol")
    deleted = mixes.pop("Discovery")
    del navidrome.playlists[deleted.id]
    kept = {p.name: p.id for p in navidrome.playlists.values() if p.owner == "carol"}
    # When tracks are moved to the library that carol does not see, deleted and added
    town.server.become(CHANGED)
    navidrome.sees = town.server.sees()
    town.follows("carol")
    assert runtime.night(navidrome) == []
    # Then she has the same playlists, of what she sees
    assert {name: mix.id for name, mix in navidrome.of("carol").items()} == kept
    # When the server is upgraded: other ids of tracks, users and playlists
    navidrome.rewrite_ids()
    town.server.become(UPGRADED)
    assert navidrome.sees == town.server.sees(), "the rule is the server's own"
    town.follows("carol")
    for playlist in navidrome.playlists.values():
        playlist.songs = []
    owned = set(navidrome.playlists)
    for _ in range(2):
        runtime.start(navidrome)
        assert runtime.night(navidrome) == []
    # Then again the same playlists, filled by the new ids; nothing that was left out, nothing twice
    assert set(navidrome.playlists) == owned
    assert navidrome.of("carol").keys() == kept.keys()
    told = {(p.owner, p.name): len(p.songs) for p in navidrome.playlists.values()}
    assert all(told.values()), told
    assert not navidrome.dropped


def test_after_the_upgrade_old_ids_are_understood(town: Town, runtime: Runtime) -> None:
    # Given a server that changed its ids
    town.server.become(UPGRADED)
    there = set(town.server.tracks())
    songs = [call["input"]["song"] for call in recorded() if call["function"] == "nd_get_sonic_similar_tracks"]
    song = next(song for song in songs if song["id"] not in there)
    navidrome = town.navidrome()

    def of_now() -> bool:
        answer = runtime.ask(navidrome, "nd_get_sonic_similar_tracks", {"song": {"id": song["id"]}, "count": 25})
        return bool(answer) and set(ids_of(answer)) <= there

    # Then a client that still has an old id gets tracks by their new ids
    assert eventually(of_now, seconds=FOLLOW_S)
