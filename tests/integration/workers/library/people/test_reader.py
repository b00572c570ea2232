"""Reading people from databases of several releases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.errors import NavidromeUnavailable
from demo.schema import create_database
from tests.harness.people_data import DAY, NOW
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.people.reader import reading
from workers.library.people.records import NavidromeUser, PlayHistory


class Small:
    """Two libraries, four tracks; alice sees library 1, the admin both."""

    def __init__(self, path: Path) -> None:
        self.path = path
        create_database(path)
        self.sql("DELETE FROM library")
        self.sql("INSERT INTO library (id, name, path) VALUES (1, 'a', '/a'), (2, 'b', '/b')")
        for name, is_admin in (("alice", 0), ("root", 1), ("dave", 0)):
            self.sql(
                "INSERT INTO user (id, user_name, name, is_admin, created_at, updated_at) VALUES (?, ?, '', ?, '', '')",
                f"id-{name}",
                name,
                is_admin,
            )
        self.sql("INSERT INTO user_library VALUES ('id-alice', 1)")
        for number, (library, artist) in enumerate([(1, "X"), (1, "[Unknown Artist]"), (2, "X"), (1, "X")]):
            self.sql(
                "INSERT INTO media_file (id, library_id, path, title, artist, artist_id, album, album_id, missing, "
                "track_number) VALUES (?, ?, ?, 't', ?, ?, 'A', 'A', ?, ?)",
                f"t{number}",
                library,
                f"p{number}",
                artist,
                artist,
                number == 3,
                9 - number,
            )

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    def note(self, item: str, kind: str = "media_file", **fields: object) -> None:
        names = ["user_id", "item_id", "item_type", *fields]
        self.sql(
            f"INSERT INTO annotation ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            "id-alice",
            item,
            kind,
            *fields.values(),
        )

    def find(self, name: str, user_id: str = "") -> NavidromeUser:
        with reading(NavidromeDatabase(self.path)) as reader:
            return reader.find(user_id, name)

    def history(self, name: str = "alice") -> PlayHistory:
        with reading(NavidromeDatabase(self.path)) as reader:
            return reader.history(reader.find("", name), NOW - 60 * DAY)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path / "navidrome.db")


def test_who_sees_what(small: Small) -> None:
    assert small.find("alice").libraries == {1}
    assert small.find("root").libraries == {1, 2}
    assert small.find("dave").libraries == frozenset()
    assert small.find("ALICE").id == small.find("renamed", "id-alice").id == "id-alice"
    with pytest.raises(NavidromeUnavailable, match="NAVIDROME_DB_PATH"):
        small.find("nobody")


def test_releases_without_libraries_of_users_show_all(small: Small) -> None:
    small.sql("DROP TABLE user_library")
    assert small.find("alice").libraries == {1, 2}


@pytest.mark.parametrize("text", ["2027-01-14 08:00:00.532+00:00", "2027-01-14T08:00:00Z", "2027-01-14 10:00:00+02:00"])
def test_times_of_every_release(small: Small, text: str) -> None:
    small.note("t0", play_count=2, play_date=text)
    heard = small.history().tracks["t0"]
    assert heard.played
    assert heard.played_at == pytest.approx(1_799_913_600, abs=1)


def test_what_a_person_may_not_see_or_is_gone_does_not_count(small: Small) -> None:
    for number in range(4):
        small.note(f"t{number}", play_count=1, rating=1)
    known = small.history()
    assert set(known.tracks) == {"t0", "t1"}
    assert (known.tracks["t0"].artist_id, known.tracks["t1"].artist_id) == ("X", "")


def test_scrobbles_add_plays_and_the_last_one_counts(small: Small) -> None:
    small.note("t0", rating=5)
    for track, days in (("t0", 9), ("t0", 3), ("t1", 400), ("t2", 1)):
        small.sql("INSERT INTO scrobbles VALUES (?, 'id-alice', ?)", track, int(NOW - days * DAY))
    known = small.history()
    assert known.tracks["t0"].played_at == NOW - 3 * DAY
    assert known.tracks["t0"].rating == 5
    assert known.tracks["t1"].played
    assert set(known.tracks) == {"t0", "t1"}


def test_stars_of_albums_and_artists_bring_their_tracks(small: Small) -> None:
    small.note("A", "album", starred=1, starred_at="2027-01-14 08:00:00+00:00")
    small.note("X", "artist", rating=1)
    known = small.history()
    assert known.albums["A"].starred
    assert known.artists["X"].disliked
    # As on the record, and nothing that is gone or not to be seen
    assert known.members == {("album", "A"): ["t1", "t0"]}


def test_a_guest_has_the_tracks_that_name_them_as_far_as_one_may_see(small: Small) -> None:
    for track in ("t0", "t2", "t3"):  # t2 is in a library that alice does not have, t3 is missing
        small.sql(
            "INSERT INTO media_file_artists (media_file_id, artist_id, role) VALUES (?, 'guest', 'artist')", track
        )
    with reading(NavidromeDatabase(small.path)) as reader:
        assert reader.tracks_of(reader.find("", "alice"), "artist", "guest") == []
        assert reader.credited(reader.find("", "alice"), "guest") == ["t0"]
        assert reader.credited(reader.find("", "root"), "guest") == ["t0", "t2"]
        assert reader.credited(reader.find("", "root"), "nobody") == []


def test_an_older_release_has_fewer_columns(small: Small) -> None:
    small.sql("DROP TABLE scrobbles")
    small.sql("ALTER TABLE annotation DROP COLUMN rated_at")
    small.note("t0", play_count=1, starred=1)
    assert small.history().tracks["t0"].favorite
