"""`state.db`: its schema, its lock, the catalogue, ids that change, tracks that are forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contract.errors import Conflict
from workers.library.catalogue.catalogue import Catalogue, Changes
from workers.library.catalogue.id_migrations import PERSON, REWRITTEN, SAME_PATH, IdMigration, IdMigrations
from workers.library.catalogue.words import fold
from workers.library.jobs.kinds.prune import plan_pruning
from workers.library.jobs.ledger import Done, Ledger
from workers.library.jobs.records import CANCELLING, COMPLETED, PAUSED, RUNNING, Jobs
from workers.library.navidrome.records import MusicFolder, NavidromeTrack, Snapshot
from workers.library.navidrome.times import parse_time
from workers.library.state.database import StateDatabase
from workers.library.state.schema import MIGRATIONS

MUSIC = (
    MusicFolder(1, "Music", "/music", parse_time("2026-11-21 12:00:00Z")),
    MusicFolder(2, "Archive", "/archive", None),
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    state = StateDatabase(tmp_path)
    yield state
    state.close()


def track(track_id: str, path: str = "", library_id: int = 1, size: int = 100) -> NavidromeTrack:
    return NavidromeTrack(
        track_id, library_id, path or f"{track_id}.mp3", track_id, "X", "x", "Y", "y", 60.0, size, None, 2, False
    )


def snapshot(*tracks: NavidromeTrack, users: tuple[tuple[str, str], ...] = ()) -> Snapshot:
    return Snapshot(MUSIC, tracks, users)


def embed(state: StateDatabase, *track_ids: str) -> Ledger:
    """Pretend that these tracks have vectors."""
    ledger = Ledger(state, "spectral", "")
    entries = Catalogue(state).entries(track_ids)
    ledger.finish([Done(entry, f"audio-{entry.id}", "m1", {"compute": 1.0}) for entry in entries], "j", 1.0)
    return ledger


def test_one_process_owns_the_file(tmp_path: Path) -> None:
    first = StateDatabase(tmp_path)
    with pytest.raises(Conflict, match="another library worker"):
        StateDatabase(tmp_path)
    first.close()
    StateDatabase(tmp_path).close()


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    StateDatabase(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(Conflict, match="update Sonic Mesh"):
        StateDatabase(tmp_path)


def test_a_transaction_is_all_or_nothing(state: StateDatabase) -> None:
    catalogue = Catalogue(state)
    catalogue.sync(snapshot(track("a")), 1.0)
    with pytest.raises(RuntimeError), state.write():
        embed(state, "a")
        raise RuntimeError
    assert Ledger(state, "spectral", "").vectors() == {}


def test_the_catalogue_counts_what_changed(state: StateDatabase) -> None:
    catalogue = Catalogue(state)
    assert catalogue.sync(snapshot(track("a"), track("b")), 1.0) == Changes(new=2)
    assert catalogue.sync(snapshot(track("a"), track("b")), 2.0) == Changes()
    # A changed size, a row that is gone, a row that says so, a new one that never was there
    changed = snapshot(track("a", size=7), replace(track("c"), missing=True))
    assert catalogue.sync(changed, 3.0) == Changes(changed=1, vanished=1)
    assert catalogue.counts() == (1, 1)
    assert catalogue.sync(snapshot(track("a", size=7), track("b")), 4.0) == Changes(returned=1)
    assert [library.last_scan_at for library in catalogue.libraries()] == [MUSIC[0].last_scan_at, None]


def test_an_audio_id_counts_for_the_file_that_it_was_made_of(state: StateDatabase) -> None:
    catalogue = Catalogue(state)
    catalogue.sync(snapshot(track("a")), 1.0)
    stamp = catalogue.entries(["a"])[0].stamp
    catalogue.keep_audio_ids([("a", stamp, "x")])
    assert catalogue.entries(["a"])[0].audio_id == "x"
    catalogue.sync(snapshot(track("a", size=7)), 2.0)
    assert catalogue.entries(["a"])[0].audio_id == ""
    catalogue.keep_audio_ids([("a", stamp, "late")])
    assert catalogue.entries(["a"])[0].audio_id == ""


OLD, NEW = "nHehZed00mSARbscXctNv0", "5PKEpRcyfoYioYRUrHCKbi"


def test_ids_are_adopted_by_the_rule_and_by_path(state: StateDatabase) -> None:
    # Given
    catalogue, migrations = Catalogue(state), IdMigrations(state)
    catalogue.sync(snapshot(track(OLD, "a.mp3"), track("b", "b.mp3"), track("c", "c.mp3")), 1.0)
    ledger = embed(state, OLD, "b", "c")
    # When one id is rewritten while its file moved, one is another, one track is gone and a stranger is there
    after = snapshot(track(NEW, "moved.mp3", 2), track("b2", "b.mp3"), track("d", "d.mp3"))
    found = migrations.find(after)
    # Then
    assert {(one.old_id, one.new_id, one.kind) for one in found} == {(OLD, NEW, "rewritten"), ("b", "b2", "path")}
    # When
    migrations.apply(found, 2.0)
    assert catalogue.sync(after, 2.0) == Changes(new=1, changed=2, vanished=1)
    # Then the vectors are theirs, the old ids are understood, and the store has yet to follow
    assert ledger.vectors() == {NEW: f"audio-{OLD}", "b2": "audio-b", "c": "audio-c"}
    assert [entry.id for entry in catalogue.entries([OLD, "b", "b2"])] == [NEW, "b2", "b2"]
    assert migrations.open(REWRITTEN, SAME_PATH) == {OLD: NEW, "b": "b2"}
    # When it is done twice, and the id changes again
    migrations.apply(found, 2.0)
    migrations.apply([IdMigration("b2", "b3", "path")], 3.0)
    # Then
    assert [entry.id for entry in catalogue.entries(["b"])] == ["b3"]
    migrations.close([OLD, "b", "b2"])
    assert migrations.open(REWRITTEN, SAME_PATH) == {}
    assert migrations.find(snapshot(track(NEW), track("b3"), track("c"), track("d"))) == []


def test_people_are_adopted_by_name(state: StateDatabase) -> None:
    migrations = IdMigrations(state)
    assert migrations.people([("u1", "alice"), ("u2", "bob")], 1.0) == 0
    assert migrations.people([("u1", "alice"), ("u9", "bob"), ("u3", "carol")], 2.0) == 1
    assert state.rows("SELECT old_id, new_id, kind FROM adoption") == [("u2", "u9", PERSON)]
    assert migrations.open(REWRITTEN, SAME_PATH) == {}


def vanish(state: StateDatabase, total: int, gone: int, at: float = 1.0) -> None:
    catalogue = Catalogue(state)
    tracks = [track(f"t{n}") for n in range(total)]
    catalogue.sync(snapshot(*tracks), at)
    catalogue.sync(snapshot(*tracks[gone:]), at)


@pytest.mark.parametrize(
    ("total", "gone", "forgotten"), [(100, 20, 20), (100, 21, 0), (100, 100, 0), (3, 1, 1), (3, 2, 0), (1, 1, 0)]
)
def test_never_too_much_is_forgotten(state: StateDatabase, total: int, gone: int, forgotten: int) -> None:
    vanish(state, total, gone)
    plan = plan_pruning(state, before=2.0)
    assert len(plan.track_ids) == forgotten
    assert bool(plan.notices) is (forgotten < gone)
    # Within the grace period nothing is, and somebody may say that it is all right
    assert plan_pruning(state, before=1.0).track_ids == []
    assert len(plan_pruning(state, before=2.0, told=True).track_ids) == gone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Sóley Vík: Þögn", "soley vik thogn"),
        ("DON'T  Stop", "dont stop"),
        ("Straße (Live)", "strasse live"),
        ("Ænima – Ørsted", "aenima orsted"),
        ("ブルー", "フルー"),
        ("...", ""),
    ],
)
def test_words_are_folded(text: str, words: str) -> None:
    assert fold(text) == words


def test_a_job_that_has_ended_does_not_change_its_status(state: StateDatabase) -> None:
    jobs = Jobs(state)
    job = jobs.create("embed", {}, 1.0)
    jobs.begin(job.id, 2.0)
    assert not jobs.change_status(job.id, RUNNING, {PAUSED})
    assert jobs.change_status(job.id, PAUSED, {RUNNING})
    # When it ends before somebody's wish to cancel it arrives
    jobs.update(job.id, status=COMPLETED)
    assert not jobs.change_status(job.id, CANCELLING, {RUNNING, PAUSED})
    # Then it stays ended
    ended = jobs.get(job.id)
    assert ended is not None
    assert ended.status == COMPLETED
    assert not jobs.change_status("unknown", PAUSED, {RUNNING})
