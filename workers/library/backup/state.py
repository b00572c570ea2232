"""Copies of `state.db`: taken while the library worker writes it, checked before one is put in its place."""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from contract.errors import Conflict
from contract.jobs import ENDED, JobKind
from workers.folder.copying import BUSY_SECONDS, copy
from workers.library.backup.manifest import BadBackup
from workers.library.jobs.records import SWITCHING
from workers.library.state.schema import MIGRATIONS

#: Seconds until a job that puts a new generation into service must be through with it.
SWITCH_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.2
#: Kinds of jobs that belong to the mesh that was saved.
PASSING: Final[tuple[JobKind, ...]] = ("backup", "train_text")
#: Tables whose rows are counted and compared.
TABLES: Final = ("track", "ledger", "job", "adoption", "preference")


def snapshot(state: Path, target: Path) -> dict[str, int]:
    """Copy `state` as it is at one moment to the new file `target`, with SQLite's online backup; rows by table.

    The connection only reads, so the library worker stays the only writer and never waits. It waits until no job is
    just switching generations: in between, ledger and store would not be of the same one. Raises `Conflict`.
    """
    deadline = time.monotonic() + SWITCH_SECONDS
    while True:
        try:
            copy(state, target)
            if not _switching(target):
                forget_passing_jobs(target)
                return count(target)
        except sqlite3.DatabaseError as error:
            raise Conflict(f"{state} cannot be copied: {error}") from error
        if time.monotonic() > deadline:
            raise Conflict("a job has been switching to new vectors for a minute: wait until it is through")
        time.sleep(POLL_SECONDS)


def _switching(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT 1 FROM job_model JOIN job ON job.id = job_id WHERE phase = ? AND job.ended_at IS NULL"
        return connection.execute(sql, (SWITCHING,)).fetchone() is not None


def forget_passing_jobs(path: Path) -> None:
    """Drop unfinished jobs that must not go on where the copy is put back: nobody there asked for files to be written,
    least of all by a `state.db` that somebody made by hand.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = {str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info('job')")}
        if "kind" in columns:  # a mesh that stands may not have run since the column came
            marks = ",".join("?" * len(PASSING))
            over = ",".join("?" * len(ENDED))
            sql = f"DELETE FROM job WHERE kind IN ({marks}) AND status NOT IN ({over})"
            connection.execute(sql, (*PASSING, *ENDED))


def count(path: Path) -> dict[str, int]:
    """Rows of the tables that are worth counting and are there."""
    with closing(sqlite3.connect(path)) as connection:
        there = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in TABLES
            if table in there
        }


def check(path: Path, tables: dict[str, int]) -> None:
    """Raises `BadBackup` unless the file is a whole `state.db` of this release or an older one, with these rows."""
    try:
        check_integrity(path)
        with closing(sqlite3.connect(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version <= len(MIGRATIONS):
                _check_schema(connection, version)
        found = count(path)
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"its state.db cannot be read: {error}") from error
    if version > len(MIGRATIONS):
        raise BadBackup(
            f"its state.db has version {version}, this release knows up to {len(MIGRATIONS)}: update Sonic Mesh"
        )
    if found != tables:
        raise BadBackup(f"its state.db has {found} rows, its manifest says {tables}")


def _check_schema(connection: sqlite3.Connection, version: int) -> None:
    """Raises `BadBackup` where a table lacks a column that its version has."""
    with closing(sqlite3.connect(":memory:")) as ours:
        for migration in MIGRATIONS[: max(0, version)]:
            ours.executescript(migration)
        for (table,) in ours.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            sql = "SELECT name FROM pragma_table_info(?)"
            lacking = set(ours.execute(sql, (table,))) - set(connection.execute(sql, (table,)))
            if lacking:
                raise BadBackup(f"its state.db is not what Sonic Mesh writes: table {table} lacks {min(lacking)[0]}")


def check_integrity(path: Path) -> None:
    """Raises `BadBackup` where SQLite finds the database damaged or it has more than tables and indexes, which would
    be run whenever these are used; `sqlite3.DatabaseError` where it is none.
    """
    with closing(sqlite3.connect(path)) as connection:
        foreign = connection.execute(
            "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
        ).fetchone()
        if foreign is not None:
            raise BadBackup(f"its {path.name} is not what Sonic Mesh writes: it has {str(foreign[0])[:80]!r}")
        (result,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if result != "ok":
        raise BadBackup(f"its {path.name} is damaged: {result}")


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """The lock of the library worker on `folder`. Raises `Conflict` while one runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "state.lock").open("a") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"a library worker has {folder}/state.db open: stop the mesh with `sonicmesh stop`"
            ) from None
        yield


def put(staged: Path, state: Path) -> None:
    """Let `staged` take the place of `state`, of which no log may be left that SQLite would replay into it."""
    if state.exists():
        try:
            with closing(sqlite3.connect(state, timeout=BUSY_SECONDS)) as old:
                old.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError:
            pass  # the one that is replaced is damaged: that may be why
    for suffix in ("-wal", "-shm", "-journal"):
        state.with_name(state.name + suffix).unlink(missing_ok=True)
    staged.replace(state)
