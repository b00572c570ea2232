"""Times, paths, ids and rows as Navidrome's databases hold them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from contract.errors import NavidromeUnavailable
from tests.harness.music import Music
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.ids import base62, rewritten
from workers.library.navidrome.paths import PathMap
from workers.library.navidrome.records import MusicFolder
from workers.library.navidrome.times import parse_time

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21 12:00:00+00:00", NOON),
        ("2026-11-21 12:00:00.388598458+00:00", NOON + timedelta(microseconds=388598)),
        ("2026-11-21T12:00:00Z", NOON),
        ("2026-11-21T12:00:00.5Z", NOON + timedelta(milliseconds=500)),
        ("2026-11-21 13:30:00+01:30", NOON),
        ("2026-11-21 07:00:00-0500", NOON),
        ("2026-11-21 12:00:00 +0000 UTC", NOON),
        ("2026-11-21 12:00:00", NOON),
        (NOON.timestamp(), NOON),
        ("0001-01-01 00:00:00+00:00", None),
        ("0000-00-00 00:00:00", None),
        ("2026-02-31 00:00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_of_every_shape(text: object, expected: datetime | None) -> None:
    found = parse_time(text)
    assert found == expected
    assert found is None or found.tzinfo is not None


def test_offsets_are_kept() -> None:
    found = parse_time("2026-11-21 12:00:00-03:30")
    assert found is not None
    assert found.tzinfo == timezone(-timedelta(hours=3, minutes=30))


MUSIC = MusicFolder(1, "Music", "/music", None)
ARCHIVE = MusicFolder(2, "Archive", "/music/archive/", None)
OTHER = MusicFolder(3, "Other", "/musical", None)


@pytest.mark.parametrize(
    ("pairs", "root", "expected"),
    [
        ((), None, ["/music/a", "/music/archive/a", "/musical/a"]),
        ((("/music", "/mnt/m"),), None, ["/mnt/m/a", "/mnt/m/archive/a", "/musical/a"]),
        ((("/music/", "/m"), ("/music/archive", "/x/")), None, ["/m/a", "/x/a", "/musical/a"]),
        ((), Path("/here"), ["/here/a", "/here/archive/a", "/musical/a"]),
        ((("/music", "/mnt/m"),), Path("/here"), ["/mnt/m/a", "/mnt/m/archive/a", "/musical/a"]),
        ((("/", "/host"),), None, ["/host/music/a", "/host/music/archive/a", "/host/musical/a"]),
    ],
)
def test_the_longest_prefix_wins(pairs: tuple[tuple[str, str], ...], root: Path | None, expected: list[str]) -> None:
    paths = PathMap(pairs, root).of([MUSIC, ARCHIVE, OTHER])
    assert [paths.local(library.id, "a") for library in (MUSIC, ARCHIVE, OTHER)] == expected


def test_paths_are_kept_as_they_are() -> None:
    paths = PathMap([("/music", "/mnt/m")]).of([MUSIC])
    for name in ("Cafe\u0301.mp3", "Caf\u00e9.mp3", "a//b/../c", 'Café 100% "live" #3?.mp3'):
        assert paths.local(1, name) == f"/mnt/m/{name}"
    assert paths.local(1, "/music/old/absolute.mp3") == "/mnt/m/old/absolute.mp3"
    assert paths.relative("/music/a/b.mp3") == paths.relative("/mnt/m/a/b.mp3") == [(1, "a/b.mp3")]
    assert paths.relative("/elsewhere/b.mp3") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("7N42dgm5tFLK9N8MT7fHC7", "7N42dgm5tFLK9N8MT7fHC7"),
        ("ffffffffffffffffffffffffffffffff", "7N42dgm5tFLK9N8MT7fHC7"),
        ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "7N42dgm5tFLK9N8MT7fHC7"),
        ("00000000-0000-0000-0000-000000000001", "0000000000000000000001"),
        ("2MU465e72HksKtjd2nPdWi", "2MU465e72HksKtjd2nPdWi"),
        ("cQ5iTqCqNww5EDF3I6VoIT", "7vCUderPdAfvYBgs1BzcAR"),
        ("nHehZed00mSARbscXctNv0", "5PKEpRcyfoYioYRUrHCKbi"),
        ("juA2MUnkXNH4SDnvETpiXT", "4xbFok1J3MReYQuRPdb8o1"),
        ("short", "short"),
        ("ñ" * 22, "ñ" * 22),
    ],
)
def test_ids_are_rewritten_as_navidrome_does(old: str, new: str) -> None:
    assert rewritten(old) == new
    assert rewritten(new) == new


def test_sixteen_bytes_of_ones() -> None:
    assert base62(b"\xff" * 16) == "7N42dgm5tFLK9N8MT7fHC7"


def test_an_old_release_lacks_columns(tmp_path: Path) -> None:
    # Given a database with the oldest columns only
    path = tmp_path / "old name #1?.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE library (id INTEGER, path TEXT)")
        connection.execute(
            "CREATE TABLE media_file (id TEXT, path TEXT, title TEXT, artist TEXT, album TEXT, duration REAL, size INT)"
        )
        connection.execute("INSERT INTO library VALUES (1, '/music')")
        connection.execute("INSERT INTO media_file VALUES ('a', '/music/a.mp3', NULL, 'X', 'Y', 61.5, 9)")
    # When
    database = NavidromeDatabase(path)
    snapshot = database.snapshot()
    # Then
    (track,) = snapshot.tracks
    assert (track.title, track.library_id, track.missing, track.updated_at) == ("", 1, False, None)
    assert snapshot.users == ()
    assert database.playlist_tracks(["p"]) == []
    assert len(database.signature()) > 0


def test_the_database_is_never_written(tmp_path: Path) -> None:
    # Given a database that somebody else has open, with a row in the write-ahead log only
    music = Music(tmp_path / "m")
    database = NavidromeDatabase(music.database)
    with closing(sqlite3.connect(music.database)) as owner:
        owner.execute("SELECT 1 FROM media_file").fetchall()
        music.add("a", "a.wav")
        before = music.database.read_bytes()
        # Then it is seen, and the file untouched
        assert [track.id for track in database.snapshot().tracks] == ["a"]
        assert music.database.read_bytes() == before


def test_the_signature_changes_with_a_scan(tmp_path: Path) -> None:
    music = Music(tmp_path / "m")
    database = NavidromeDatabase(music.database)
    signatures = [database.signature()]
    for change in (music.scan, lambda: music.add("a", "a.wav"), lambda: music.update("a", missing=1)):
        change()
        signatures.append(database.signature())
    assert len(set(signatures)) == 4
    assert database.signature() == signatures[-1]


def test_reasons_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NavidromeUnavailable, match="set NAVIDROME_DB_PATH"):
        NavidromeDatabase(None).snapshot()
    with pytest.raises(NavidromeUnavailable, match="no database"):
        NavidromeDatabase(tmp_path).snapshot()
