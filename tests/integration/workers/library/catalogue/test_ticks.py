"""A commit within the same clock tick as the previous one is noticed, though no file seems to have changed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from broker.events import EventPublisher
from tests.harness.music import Music
from tests.harness.waiting import eventually
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.id_migrations import IdMigrations
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateDatabase


class CoarseClock(NavidromeDatabase):
    """On a disk whose clock ticks once a second, as those of ext3 and HFS+ do."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.signatures = 0

    def fingerprint(self) -> tuple[Any, ...]:
        return tuple((inode, size, changed // 10**9) for inode, size, changed, _ in super().fingerprint())

    def signature(self) -> tuple[Any, ...]:
        self.signatures += 1
        return super().signature()


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[NavidromeWatcher]:
    music = Music(tmp_path / "n")
    music.sql("PRAGMA journal_mode = DELETE")
    music.add("a", "a.wav", title="one")
    state = StateDatabase(tmp_path / "data")
    settings = LibrarySettings(NAVIDROME_DB_PATH=music.database, SONICMESH_LIBRARY_POLL_S=100_000)
    events = EventPublisher(f"ipc://{tmp_path}/none.ipc", "test")
    watcher = NavidromeWatcher(settings, Catalogue(state), IdMigrations(state), events)
    watcher.database = CoarseClock(music.database)
    yield watcher
    watcher.stop()
    eventually(lambda: not watcher._thread.is_alive(), "the thread has ended")
    events.close()
    state.close()


def commit_unseen(database: CoarseClock, title: str) -> bool:
    """Commit now; whether the database looks as before."""
    before = database.fingerprint()
    path = database._path
    assert path is not None
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE media_file SET title = ?, updated_at = datetime('now', ?)", (title, title))
    return database.fingerprint() == before


def test_a_commit_in_the_same_tick_is_noticed(watcher: NavidromeWatcher) -> None:
    database = watcher.database
    assert isinstance(database, CoarseClock)
    # Given a commit, a look right after it, and a commit right after that
    looked: list[int] = []
    watcher.start(lambda: looked.append(1))
    eventually(lambda: looked, "the first look is over")
    title = "+1 day"
    for number in range(1, 60):
        time.sleep(1 - time.time() % 1)  # a new tick
        commit_unseen(database, f"+{number} days")
        watcher.look()
        title = f"+{number + 100} days"
        if commit_unseen(database, title):
            break
    else:
        pytest.skip("the machine is too busy for two commits within a second")
    # Then, though the next regular look is a day away, the second one is seen
    eventually(
        lambda: [entry.title for entry in watcher._catalogue.entries(["a"])] == [title], "the second commit is seen"
    )


def test_a_database_at_rest_is_not_read_again(watcher: NavidromeWatcher) -> None:
    database = watcher.database
    assert isinstance(database, CoarseClock)
    watcher.look()
    watcher.start(lambda: None)
    eventually(lambda: watcher._settled, "the last change has settled")
    read = database.signatures
    for _ in range(5):
        assert watcher.look()
    assert database.signatures == read
