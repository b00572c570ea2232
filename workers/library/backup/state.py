"""Copies of `state.db`: made while the library worker writes, checked before they replace another."""

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

#: Seconds that a job may take to put a new generation into service.
SWITCH_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.2
#: Kinds of jobs that a restored mesh must not continue.
PASSING: Final[tuple[JobKind, ...]] = ("backup", "train_text")
#: Tables to count and compare.
TABLES: Final = ("track", "ledger", "job", "adoption", "preference")


def snapshot(state: Path, target: Path) -> dict[str, int]:
    """Copy `state` as of one moment to the new file `target`, with SQLite's online backup; return the rows by table.

    The connection only reads, so the library worker remains the only writer and never waits. Waits until no job is
    switching generations: during a switch, ledger and store may disagree. Raises `Conflict`.
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
            raise Conflict("a job has been switching to new vectors for a minute: wait until it has ended")
        time.sleep(POLL_SECONDS)


def _switching(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT 1 FROM job_model JOIN job ON job.id = job_id WHERE phase = ? AND job.ended_at IS NULL"
        return connection.execute(sql, (SWITCHING,)).fetchone() is not None


def forget_passing_jobs(path: Path) -> None:
    """Delete unfinished jobs that must not continue after a restore.

    Nobody there asked for files to be written, least of all by a `state.db` that somebody made by hand.
    """
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = {str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info('job')")}
        if "kind" in columns:  # a stopped mesh may not have run since the column was added
            marks = ",".join("?" * len(PASSING))
            over = ",".join("?" * len(ENDED))
            sql = f"DELETE FROM job WHERE kind IN ({marks}) AND status NOT IN ({over})"
            connection.execute(sql, (*PASSING, *ENDED))


def count(path: Path) -> dict[str, int]:
    """Return the number of rows of those tables in `TABLES` that exist."""
    with closing(sqlite3.connect(path)) as connection:
        tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in TABLES
            if table in tables
        }


def check(path: Path, tables: dict[str, int]) -> None:
    """Raise `BadBackup` unless the file is a complete `state.db` of this or an older release, with these rows."""
    try:
        check_integrity(path)
        with closing(sqlite3.connect(path)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version <= len(MIGRATIONS):
                _check_schema(connection, version)
        counts = count(path)
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"its state.db cannot be read: {error}") from error
    if version > len(MIGRATIONS):
        raise BadBackup(
            f"its state.db has version {version}, this release supports up to {len(MIGRATIONS)}: update Sonic Mesh"
        )
    if counts != tables:
        raise BadBackup(f"its state.db has {counts} rows, its manifest says {tables}")


def _check_schema(connection: sqlite3.Connection, version: int) -> None:
    """Raise `BadBackup` if a table lacks a column that its version has."""
    with closing(sqlite3.connect(":memory:")) as ours:
        for migration in MIGRATIONS[: max(0, version)]:
            ours.executescript(migration)
        for (table,) in ours.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            sql = "SELECT name FROM pragma_table_info(?)"
            lacking = set(ours.execute(sql, (table,))) - set(connection.execute(sql, (table,)))
            if lacking:
                raise BadBackup(f"its state.db is not what Sonic Mesh writes: table {table} lacks {min(lacking)[0]}")


def check_integrity(path: Path) -> None:
    """Raise `BadBackup` if SQLite finds the database damaged or it has more than tables and indexes.

    Anything else, such as a trigger, would run when those are used. Raises `sqlite3.DatabaseError` if it is no
    database.
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
    """Hold the library worker's lock on `folder`. Raises `Conflict` while a library worker runs."""
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
    """Replace `state` with `staged`, leaving no log that SQLite would replay into it."""
    if state.exists():
        try:
            with closing(sqlite3.connect(state, timeout=BUSY_SECONDS)) as old:
                old.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError:
            pass  # the replaced file may be damaged, which may be the reason for the restore
    for suffix in ("-wal", "-shm", "-journal"):
        state.with_name(state.name + suffix).unlink(missing_ok=True)
    staged.replace(state)
