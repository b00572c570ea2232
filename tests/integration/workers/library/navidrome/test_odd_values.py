"""Impossible values in rows get their default, with one notice, and everything else continues."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from broker.wire import pack_map
from cli.view import JobBar
from contract.jobs import EMBED
from tests.harness.library_mesh import LibraryMesh
from tests.harness.music import Music
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.id_migrations import IdMigrations
from workers.library.jobs.ledger import Ledger
from workers.library.jobs.progress import TrackProgress
from workers.library.jobs.records import RUNNING, EmbedOptions, Job
from workers.library.jobs.writer import store_row
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.records import NavidromeTrack
from workers.library.navidrome.rows import LIBRARY_COLUMNS, TRACK_COLUMNS
from workers.library.people.reader import reading
from workers.library.people.records import Opinion, PlayedTrack
from workers.library.state.database import StateDatabase

#: As SQL: NaN is NULL there, 9e999 is infinity.
ODD: Final = (
    "NULL",
    "'abc'",
    "''",
    "'2ch'",
    "9e999",
    "-9e999",
    "1e300",
    "-1",
    "-0.5",
    "0",
    "9223372036854775807",
    "-9223372036854775808",
    "1795867200000",
    "x'ff00'",
    "x''",
    "CAST(x'fffe' AS TEXT)",
    "CAST(x'eda080' AS TEXT)",
    "'a' || char(0) || 'b'",
    f"'{'long ' * 2000}'",
    "'Infinity'",
    "'nan'",
    "'9999-12-31 23:59:59-23:59'",
    "'2026-01-01 00:00:00+99:99'",
    "'[untitled]'",
)


class Odd:
    """A database whose columns have no type; good rows are `good` of library 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sql(f"CREATE TABLE library ({', '.join(LIBRARY_COLUMNS)})")
        self.sql(f"CREATE TABLE media_file ({', '.join(TRACK_COLUMNS)}, year, genre, comment, tags)")
        self.sql("CREATE TABLE user (id, user_name, is_admin)")
        self.sql("CREATE TABLE user_library (user_id, library_id)")
        self.sql(
            "CREATE TABLE annotation (user_id, item_id, item_type, play_count, play_date, rating, starred, starred_at, "
            "rated_at)"
        )
        self.sql("CREATE TABLE scrobbles (media_file_id, user_id, submission_time)")
        self.sql("CREATE TABLE playlist (id, name, owner_id, public)")
        self.sql("CREATE TABLE playlist_tracks (id, playlist_id, media_file_id)")
        self.sql("INSERT INTO library VALUES (1, 'Music', '/music', '2026-01-01 00:00:00')")
        self.sql("INSERT INTO user VALUES ('u', 'alice', 0)")
        self.sql("INSERT INTO user_library VALUES ('u', 1)")
        self.track("good")

    def sql(self, statement: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement)

    def track(self, track_id: str, column: str = "", value: str = "") -> None:
        """A good track, but for one value (as SQL)."""
        row = {
            "id": f"'{track_id}'",
            "library_id": "1",
            "path": f"'{track_id}.mp3'",
            "title": "'t'",
            "artist": "'x'",
            "artist_id": "'x'",
            "album": "'y'",
            "album_id": "'y'",
            "duration": "10.5",
            "size": "9",
            "updated_at": "'2026-01-01 00:00:00+00:00'",
            "channels": "2",
            "missing": "0",
        }
        row |= {column: value} if column else {}
        self.sql(f"INSERT INTO media_file ({', '.join(row)}) VALUES ({', '.join(row.values())})")


@pytest.fixture
def odd(tmp_path: Path) -> Odd:
    return Odd(tmp_path / "navidrome.db")


@pytest.fixture
def state(tmp_path: Path) -> Any:
    state = StateDatabase(tmp_path / "data")
    yield state
    state.close()


GOOD = ("1", "good.mp3", "t", "x", "x", "y", "y", 10.5, 9)


def told(track: NavidromeTrack) -> tuple[Any, ...]:
    one = track
    texts = (one.path, one.title, one.artist, one.artist_id, one.album, one.album_id)
    return (str(one.library_id), *texts, one.duration, one.size)


@pytest.mark.parametrize("column", TRACK_COLUMNS)
def test_any_value_in_any_column_of_a_track(odd: Odd, state: StateDatabase, column: str) -> None:
    # Given a row of each odd value
    for number, value in enumerate(ODD):
        odd.track(f"odd{number:02d}", column, value)
    # When
    database = NavidromeDatabase(odd.path)
    snapshot = database.snapshot()
    # Then the others are as they were, and whatever is read can be kept, sent and shown
    assert told(next(track for track in snapshot.tracks if track.id == "good")) == GOOD
    assert len(snapshot.tracks) >= (len(ODD) + 1 if column != "id" else 10)
    assert len({track.id for track in snapshot.tracks}) == len(snapshot.tracks)
    assert all(0 <= track.duration < 1e8 and track.size >= 0 for track in snapshot.tracks)
    assert len(snapshot.notices) <= 1
    catalogue = Catalogue(state)
    changes = catalogue.sync(snapshot, 1.0)
    assert changes.new == sum(not track.missing for track in snapshot.tracks)
    assert not catalogue.sync(database.snapshot(), 2.0)
    ledger = Ledger(state, "spectral", "")
    ledger.plan([track.id for track in snapshot.tracks], "j")
    handed_out = [entry for entry, _ in ledger.pending("j", -math.inf, math.inf)]
    assert len(handed_out) == changes.new
    for entry in handed_out:
        pack_map(store_row(entry, "", ""))
        orjson.dumps(entry.label)


@pytest.mark.parametrize("column", LIBRARY_COLUMNS)
@pytest.mark.parametrize("value", ODD)
def test_any_value_in_a_library(odd: Odd, state: StateDatabase, column: str, value: str) -> None:
    row = {"id": "2", "name": "'n'", "path": "'/n'", "last_scan_at": "NULL"} | {column: value}
    odd.sql(f"INSERT INTO library VALUES ({', '.join(row.values())})")
    snapshot = NavidromeDatabase(odd.path).snapshot()
    assert snapshot.libraries[-1].name == "n" or column == "name" or snapshot.libraries[-1].id == 1
    catalogue = Catalogue(state)
    catalogue.sync(snapshot, 1.0)
    assert [library.path for library in catalogue.libraries()] == [
        library.path for library in sorted(snapshot.libraries, key=lambda library: library.id)
    ]


def test_the_same_id_twice(odd: Odd, state: StateDatabase) -> None:
    # Given tracks, libraries and users that share an id
    odd.track("good", "title", "'another'")
    odd.sql("INSERT INTO library VALUES (1, 'Other', '/other', NULL)")
    odd.sql("INSERT INTO user VALUES ('u', 'bob', 0)")
    database = NavidromeDatabase(odd.path)
    snapshot = database.snapshot()
    # Then one of each counts, always the same, and it is said
    assert [track.title for track in snapshot.tracks] == ["t"]
    assert [library.name for library in snapshot.libraries] == ["Music"]
    assert snapshot.users == (("u", "alice"),)
    assert len(snapshot.notices) == 3
    catalogue = Catalogue(state)
    assert catalogue.sync(snapshot, 1.0)
    assert not catalogue.sync(database.snapshot(), 2.0)
    assert IdMigrations(state).people(snapshot.users, 1.0) == 0


@pytest.mark.parametrize("value", ODD)
def test_any_value_in_what_people_did(odd: Odd, value: str) -> None:
    odd.sql("INSERT INTO annotation VALUES ('u', 'good', 'media_file', 1, '2026-01-01 00:00:00', 5, 1, NULL, NULL)")
    for number, column in enumerate(("play_count", "play_date", "rating", "starred", "starred_at", "rated_at")):
        odd.track(f"t{number}")
        row = {"play_count": "1", "play_date": "NULL", "rating": "3", "starred": "1", "starred_at": "NULL"}
        row = row | {"rated_at": "NULL"} | {column: value}
        odd.sql(f"INSERT INTO annotation VALUES ('u', 't{number}', 'media_file', {', '.join(row.values())})")
        odd.sql(f"INSERT INTO annotation VALUES ('u', 'a{number}', 'artist', {', '.join(row.values())})")
    odd.sql(f"INSERT INTO scrobbles VALUES ('good', 'u', {value})")
    odd.sql("INSERT INTO scrobbles VALUES ('good', 'u', 1790000000)")
    odd.sql(f"INSERT INTO user_library VALUES ('u', {value})")
    odd.sql(f"INSERT INTO playlist_tracks VALUES (1, 'p', {value}), (2, 'p', 'good')")
    database = NavidromeDatabase(odd.path)
    with reading(database) as reader:
        person = reader.find("u", "alice")
        history = reader.history(person, 0.0)
    assert 1 in person.libraries
    assert not person.is_admin
    heard = history.tracks["good"]
    assert (heard.rating, heard.starred, heard.played_at >= 1_767_225_600) == (5, True, True)
    judged: list[PlayedTrack | Opinion] = [*history.tracks.values(), *history.artists.values()]
    assert all(0 <= one.rating <= 5 and 0 <= one.loved_at < 3e11 for one in judged)
    assert database.playlist_tracks(["p"])[-1] == "good"
    pack_map({"ids": database.playlist_tracks(["p"]), "libraries": sorted(person.libraries)})


@pytest.mark.parametrize("value", [*ODD, '\'{"genre":[{"value":"\\ud800"}]}\'', f"'{'[' * 200_000}'"])
def test_any_value_in_words(odd: Odd, value: str) -> None:
    for number, column in enumerate(("title", "genre", "year", "comment", "tags", "album_id")):
        odd.track(f"t{number}", column, value)
    tags = NavidromeDatabase(odd.path).tags("", 100)
    assert len(tags) == 7
    pack_map({"tracks": tags})
    orjson.dumps(tags)


def test_an_odd_admin_is_none(odd: Odd) -> None:
    odd.sql("UPDATE user SET is_admin = 'no'")
    odd.sql("INSERT INTO library VALUES (2, 'Private', '/private', NULL)")
    with reading(NavidromeDatabase(odd.path)) as reader:
        person = reader.find("u", "alice")
    assert (person.is_admin, person.libraries) == (False, frozenset({1}))


def test_a_library_with_odd_rows_is_embedded_once(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given good tracks and odd ones, with existing files
    music.add("good", "good.wav", seed=1)
    odd: dict[str, dict[str, Any]] = {
        "endless": {"duration": math.inf},
        "negative": {"duration": -math.inf},
        "text": {"duration": "abc", "size": "big", "channels": "2ch", "updated_at": 1795867200000},
        "blob": {"title": b"\xff\xfe", "duration": b"\x00", "artist": b"\xff"},
        "nothing": {"updated_at": None},
    }
    for seed, (name, fields) in enumerate(odd.items(), 2):
        music.add(name, f"{name}.wav", seed=seed, **fields)
    music.add("long", "long.wav", title="very long " * 1000, artist="z" * 10_000)
    music.update("long", path=f"{'x' * 5000}/{'y' * 5000}.wav")
    # When
    library = make_library(SONICMESH_AUTO_EMBED="true")
    job = library.ended()
    # Then all are embedded but the one whose path cannot be
    assert job["status"] == "completed_with_errors"
    assert sorted(mesh.vectors()) == sorted(["good", *odd])
    (failure,) = library.call("batch.failures")["failures"]
    assert (failure["track_id"], failure["code"]) == ("long", "file_unreadable")
    # And there is one notice per column, and one job
    notices = library.call("library.status")["notices"]
    wrong = ("duration", "size", "channels", "updated_at", "title", "artist")
    columns = [notice.split(" of ")[1].split(" ")[0] for notice in notices]
    assert sorted(columns) == sorted(f"media_file.{name}" for name in wrong)
    assert any(notice.startswith("navidrome.db: 4 values of media_file.duration") for notice in notices)
    assert capfd.readouterr().err.count("navidrome.db: ") == len(notices)
    assert len(library.call("batch.jobs")["jobs"]) == 1
    # And words without an end are looked for
    (found,) = library.call("tracks.match", kind="track", name="very long " * 1000, artist="z" * 10_000)["tracks"]
    assert found["id"] == "long"
    assert library.call("tracks.find", query="word " * 3000 + " ".join(map(str, range(3000))))["tracks"] == []


def test_no_view_dies_of_an_infinite_number() -> None:
    # Given a job with a track of infinite length, as an older release kept it
    progress = TrackProgress(["spectral"])
    progress.add("spectral", "t", math.inf)
    progress.models["spectral"].speed = 1.0
    job = Job("j", EMBED, RUNNING, EmbedOptions(("spectral",)).packed(), 1.0, 2.0)
    # Then nobody is told an infinite time
    shown = progress.told(job)
    assert shown.estimated_completion is None
    progress.done("spectral", "t", math.inf)
    assert progress.told(job).estimated_completion is not math.inf
    with JobBar(quiet=True) as bar:
        for left in (math.inf, -math.inf, math.nan, 1e300, None):
            bar.update(replace(shown, estimated_completion=left))


def test_a_track_of_infinite_length_is_handed_out(odd: Odd, state: StateDatabase) -> None:
    """As an older release stored it: each job skips it and another one follows, endlessly."""
    Catalogue(state).sync(NavidromeDatabase(odd.path).snapshot(), 1.0)
    with state.write() as connection:
        connection.execute("UPDATE track SET duration = 9e999")
    ledger = Ledger(state, "spectral", "")
    ledger.plan(["good"], "j")
    assert [entry.id for entry, _ in ledger.pending("j", 480.0, math.inf)] == ["good"]
    assert [entry.id for entry, _ in ledger.pending("j", -math.inf, 480.0)] == []
