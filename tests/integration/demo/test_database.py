"""The filled database is consistent, matches the files, and dates what people did relative to now."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import demo
from tests.integration.demo.conftest import NOW


@pytest.fixture
def rows(whole: demo.DemoLibrary) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{whole.database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def test_every_row_leads_to_its_file(rows: sqlite3.Connection, whole: demo.DemoLibrary) -> None:
    # When
    joined = rows.execute(
        "SELECT m.id, l.path || '/' || m.path AS path, m.size, m.title, m.channels, m.duration, m.album_id, a.name "
        "FROM media_file m JOIN library l ON l.id = m.library_id JOIN album a ON a.id = m.album_id "
        "JOIN artist r ON r.id = m.artist_id JOIN folder f ON f.id = m.folder_id"
    ).fetchall()
    # Then
    tracks = {track.id: track for track in whole.tracks}
    assert {row["id"] for row in joined} == set(tracks)
    for row in joined:
        track = tracks[row["id"]]
        assert Path(row["path"]) == track.path
        assert row["size"] == track.path.stat().st_size
        assert (row["title"], row["name"], row["duration"]) == (track.title, track.album, track.duration)
        assert (row["channels"] == 0) == (track.kind == "text")


def test_references_hold(rows: sqlite3.Connection) -> None:
    assert rows.execute("PRAGMA foreign_key_check").fetchall() == []
    assert rows.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert rows.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_json_columns_speak_of_the_same_people(rows: sqlite3.Connection) -> None:
    credited = Counter(row["media_file_id"] for row in rows.execute("SELECT * FROM media_file_artists"))
    two = 0
    for row in rows.execute("SELECT id, artist_id, participants, tags, genre FROM media_file"):
        participants = json.loads(row["participants"])
        assert participants["artist"][0]["id"] == row["artist_id"]
        assert sum(map(len, participants.values())) == credited[row["id"]]
        assert row["genre"] == ""  # this release keeps genres in the tags only
        two += len(participants["artist"]) == 2
    assert two == 2


def test_what_people_see_differs(rows: sqlite3.Connection) -> None:
    seen = {
        row["user_name"]: row["libraries"]
        for row in rows.execute(
            "SELECT user_name, group_concat(library_id) AS libraries FROM user JOIN user_library ON user_id = id "
            "GROUP BY 1 ORDER BY 1"
        )
    }
    assert seen == {"admin": "1,2", "alice": "1,2", "bob": "2"}
    assert [row["user_name"] for row in rows.execute("SELECT user_name FROM user WHERE is_admin")] == ["admin"]


@pytest.mark.parametrize(
    ("item", "column"), [("media_file", "m.id"), ("album", "m.album_id"), ("artist", "m.artist_id")]
)
def test_annotations_count_the_scrobbles(rows: sqlite3.Connection, item: str, column: str) -> None:
    counted = rows.execute(
        f"SELECT s.user_id, {column}, count(*), max(s.submission_time) FROM scrobbles s "
        "JOIN media_file m ON m.id = s.media_file_id GROUP BY 1, 2"
    )
    noted = rows.execute(
        "SELECT user_id, item_id, play_count, CAST(strftime('%s', play_date) AS integer) FROM annotation "
        "WHERE item_type = ?",
        (item,),
    )
    assert sorted(map(tuple, noted)) == sorted(map(tuple, counted))


def test_nobody_played_what_they_cannot_see(rows: sqlite3.Connection) -> None:
    hidden = rows.execute(
        "SELECT count(*) FROM scrobbles s JOIN media_file m ON m.id = s.media_file_id LEFT JOIN user_library u "
        "ON u.user_id = s.user_id AND u.library_id = m.library_id WHERE u.user_id IS NULL"
    )
    assert hidden.fetchone()[0] == 0


def test_plays_are_dated_back_from_now(rows: sqlite3.Connection) -> None:
    days = [
        (NOW - datetime.fromisoformat(row[0])) / timedelta(days=1)
        for row in rows.execute("SELECT play_date FROM annotation WHERE item_type = 'media_file'")
    ]
    assert min(days) > 0
    for newest, oldest in ((0, 7), (7, 30), (180, 360)):
        assert sum(newest <= day < oldest for day in days) >= 3


def test_stars_and_ratings_reach_tracks_albums_and_artists(rows: sqlite3.Connection) -> None:
    starred = Counter(row[0] for row in rows.execute("SELECT item_type FROM annotation WHERE starred"))
    assert starred["media_file"] >= 10
    assert starred["album"] == starred["artist"] == 3
    ratings = Counter(row[0] for row in rows.execute("SELECT rating FROM annotation WHERE rating > 0"))
    assert set(ratings) == {1, 4, 5}
    undated = rows.execute("SELECT count(*) FROM annotation WHERE starred != (starred_at IS NOT NULL)").fetchone()[0]
    assert undated == 0


def test_playlists(rows: sqlite3.Connection) -> None:
    lists = {row["name"]: row for row in rows.execute("SELECT * FROM playlist")}
    tracks: dict[str, list[tuple[int, str]]] = {name: [] for name in lists}
    for row in rows.execute(
        "SELECT p.name, t.id, t.media_file_id FROM playlist_tracks t JOIN playlist p ON p.id = t.playlist_id "
        "ORDER BY 1, 2"
    ):
        tracks[row["name"]].append((row["id"], row["media_file_id"]))
    assert len(tracks["Morning"]) == lists["Morning"]["song_count"] == 6
    public = 'Öffentlich / "public" 100%'
    assert [name for name, row in lists.items() if row["public"]] == [public]
    assert len({track for _, track in tracks[public]}) == len(tracks[public]) - 1
    assert tracks["Empty"] == tracks["Recently Loved"] == []
    assert isinstance(lists["Recently Loved"]["rules"], bytes)
    assert json.loads(lists["Recently Loved"]["rules"])["sort"] == "-dateLoved"
    assert [position for position, _ in tracks["Bob's"]] == [1, 2, 3, 4, 5]
