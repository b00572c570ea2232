"""A locked database delays only what needs it."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest

from broker.wire import Reply
from contract.errors import MeshError, NavidromeUnavailable
from tests.harness.library_mesh import LibraryMesh
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.navidrome.readers import MOST_STUCK, THREADS, Readers
from workers.runtime.service import Call


def test_known_songs_are_answered_while_others_wait(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given a library that was read, and a program that then keeps its database locked
    music.add("a", "a.wav", title="Third Stone", artist="The Rusty Gates")
    library = make_library()
    library.ready()
    with closing(sqlite3.connect(music.database, isolation_level=None)) as owner:
        eventually(lambda: _locks(owner), "the library reads nothing at this moment")
        # When many ask for an artist that only the database may know, and for playlists and people
        asked = [
            mesh.client.submit("library", op, params, timeout=100)
            for _ in range(8)
            for op, params in (
                ("tracks.match", {"kind": "artist", "name": "Nobody Known"}),
                ("playlists.tracks", {"playlist_ids": ["p"]}),
                ("people.find", {"user_name": "alice"}),
            )
        ]
        # Then known tracks are answered before them
        for _ in range(20):
            found = library.call("tracks.match", kind="artist", name="The Rusty Gates")["tracks"]
            assert [track["id"] for track in found] == ["a"]
            assert library.call("tracks.get", track_ids=["a"])["tracks"]
            assert library.progress()["status"]
        assert not all(one.done() for one in asked)
        # And each of them gets an answer that says why
        for one in asked:
            with pytest.raises(NavidromeUnavailable, match="locked"):
                one.result(120)
        owner.execute("ROLLBACK")
    # When it is free
    eventually(
        lambda: _answered(library.call, "tracks.match", kind="artist", name="Nobody Known") == {"tracks": []}, ""
    )


def _locks(owner: sqlite3.Connection) -> bool:
    """Take the database for this connection alone, unless somebody reads it now."""
    try:
        owner.execute("PRAGMA journal_mode = DELETE")  # SQLite waits for nobody here, whatever the timeout
        owner.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True


def _answered(call: object, op: str, **params: object) -> object:
    try:
        return call(op, **params)  # type: ignore[operator]
    except MeshError:
        return None


def test_those_who_come_when_nothing_moves_are_told_at_once() -> None:
    # Given a pool whose threads are all stuck in the database, and others who wait for them
    readers = Readers()
    call = Call("people.find", {})
    free = threading.Event()

    def read() -> Reply:
        free.wait()
        return Reply({})

    stuck = [readers.submit(call, read) for _ in range(MOST_STUCK)]

    def refused() -> bool:
        try:
            stuck.append(readers.submit(call, read))
        except NavidromeUnavailable as error:
            return "locked" in error.message
        return False

    # When others come
    eventually(refused, "one is told that nothing moves")
    free.set()
    # Then the earlier ones are answered, and so is one that arrives after them
    assert all(one.result(60) for one in stuck)
    assert readers.submit(call, lambda: Reply({"ok": 1})).result(60).result == {"ok": 1}
    readers.close()
    assert THREADS < MOST_STUCK


def test_many_at_once_are_all_answered_while_it_moves() -> None:
    readers = Readers()
    call = Call("people.find", {})
    answers = [readers.submit(call, lambda: Reply({"ok": 1})) for _ in range(500)]
    assert all(one.result(60).result == {"ok": 1} for one in answers)
    readers.close()
