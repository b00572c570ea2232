"""Navidrome's database is read in any state, and nothing is left next to it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.harness.neighbours import BECOME, IS_ROOT, OWNER, READER, READING, Home, Program, needs_root
from tests.harness.places import REPOSITORY
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.database_file import holding
from workers.library.navidrome.opening import DatabaseChanged


@pytest.fixture
def home() -> Iterator[Home]:
    home = Home()
    yield home
    home.close()


@pytest.fixture(scope="module")
def mesh() -> Iterator[Program]:
    """The reading user."""
    program = Program(READING, str(READER), str(OWNER))
    yield program
    program.kill()


def closed(home: Home) -> None:
    home.stop()


def open_and_busy(home: Home) -> None:
    home.add("second")


def checkpointed(home: Home) -> None:
    home.add("second")
    home.write("PRAGMA wal_checkpoint(TRUNCATE)")


def restarted_log(home: Home) -> None:
    home.add("second")
    home.write("PRAGMA wal_checkpoint(RESTART)")
    home.add("third")


def killed(home: Home) -> None:
    home.add("second")
    home.writer.kill()


def killed_without_index(home: Home) -> None:
    killed(home)
    (home.folder / "navidrome.db-shm").unlink()


def killed_with_hidden_index(home: Home) -> None:
    killed(home)
    (home.folder / "navidrome.db-shm").chmod(0o600)


def killed_with_an_empty_index(home: Home) -> None:
    killed(home)
    os.truncate(home.folder / "navidrome.db-shm", 0)


def empty_log(home: Home) -> None:
    home.stop()
    log = home.folder / "navidrome.db-wal"
    log.touch()
    if IS_ROOT:
        os.chown(log, OWNER, OWNER)


def rollback_journal(home: Home) -> None:
    home.write("PRAGMA journal_mode = DELETE")
    home.add("second")


def killed_in_a_transaction(home: Home) -> None:
    """A journal that has to be rolled back: half of a change is in the database."""
    home.write("PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 2", "PRAGMA synchronous = OFF", "BEGIN")
    home.write(*(f"INSERT INTO media_file VALUES ('x{n}', 'x', '{'x' * 900}', 'A', 'B', 1, 9)" for n in range(60)))
    home.writer.kill()
    assert (home.folder / "navidrome.db-journal").stat().st_size > 0


STATES: dict[Callable[[Home], None], list[str]] = {
    closed: ["first"],
    open_and_busy: ["first", "second"],
    checkpointed: ["first", "second"],
    restarted_log: ["first", "second", "third"],
    killed: ["first", "second"],
    killed_without_index: ["first", "second"],
    killed_with_hidden_index: ["first", "second"],
    killed_with_an_empty_index: ["first", "second"],
    empty_log: ["first"],
    rollback_journal: ["first", "second"],
    killed_in_a_transaction: ["first"],
}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("shared", [False, True], ids=["foreign folder", "shared folder"])
def test_reading_leaves_nothing(home: Home, mesh: Program, state: Callable[[Home], None], shared: bool) -> None:
    # Given
    state(home)
    if shared:
        home.share()
    before = home.contents()
    # When the mesh, another user, reads
    titles = mesh.ask(str(home.database))
    # Then it sees all that was committed; names, owners and bytes of all files are as they were
    assert titles == STATES[state]
    assert home.contents() == before
    # And Navidrome can write
    home.start()
    home.add("written")
    assert mesh.ask(str(home.database)) == [*STATES[state], "written"]
    assert set(home.owners().values()) == {OWNER if IS_ROOT else os.getuid()}


def test_a_link_leads_to_the_files_beside_the_database(home: Home, mesh: Program, tmp_path: Path) -> None:
    home.add("second")
    link = home.folder.with_name(f"{home.folder.name}-link")
    link.symlink_to(home.database)
    try:
        database = NavidromeDatabase(link)
        seen = database.fingerprint()
        assert mesh.ask(str(link)) == ["first", "second"]
        home.add("third")
        assert database.fingerprint() != seen
    finally:
        link.unlink()


def test_navidrome_closes_while_it_is_read(home: Home, mesh: Program) -> None:
    # Given a read that is under way
    home.add("second")
    database = NavidromeDatabase(home.database)
    with database.reading() as connection:
        before = connection.execute("SELECT count(*) FROM media_file").fetchone()
        # When Navidrome ends, and other reads come and go in this process
        database.snapshot()
        home.stop()
        # Then the log stays: the lock of this read is still there, and what it sees is one state
        assert (home.folder / "navidrome.db-wal").exists()
        assert connection.execute("SELECT count(*) FROM media_file").fetchone() == before
    # And what Navidrome could not take away is its own
    assert set(home.owners().values()) == {OWNER if IS_ROOT else os.getuid()}
    assert mesh.ask(str(home.database)) == ["first", "second"]
    home.start()
    home.add("third")
    home.stop()
    assert set(home.contents()) == {"navidrome.db"}
    assert mesh.ask(str(home.database)) == ["first", "second", "third"]


def test_the_log_stays_while_it_is_decided_how_to_read(home: Home) -> None:
    home.add("second")
    with holding(str(home.database)) as held:
        assert held.lock(1)
        home.stop()
        assert (home.folder / "navidrome.db-wal").exists()
        assert (home.folder / "navidrome.db-shm").exists()


def test_navidrome_opens_while_it_is_read(home: Home) -> None:
    # Given a database that nobody has open
    home.stop()
    database = NavidromeDatabase(home.database)
    # When Navidrome starts and writes during a read
    with pytest.raises(DatabaseChanged), database.reading():
        home.start()
        home.add("second")
        home.write("PRAGMA wal_checkpoint(TRUNCATE)")
    # Then that read does not count
    home.stop()
    tries: list[int] = []

    def read() -> int:
        with database.reading() as connection:
            (count,) = connection.execute("SELECT count(*) FROM media_file").fetchone()
            if not tries:
                home.start()
                home.add("third")
            tries.append(count)
        return int(count)

    # And is repeated
    assert database.repeated(read) == 3
    assert tries == [2, 3]


def test_a_checkpoint_during_a_read_changes_nothing_for_it(home: Home) -> None:
    home.add("second")
    with NavidromeDatabase(home.database).reading() as connection:
        home.add("third")
        home.write("PRAGMA wal_checkpoint(PASSIVE)")
        assert connection.execute("SELECT count(*) FROM media_file").fetchone() == (2,)


def test_an_empty_database_keeps_its_log(home: Home, mesh: Program) -> None:
    # Given a database that was emptied, beside its log; SQLite itself would delete that
    home.add("second")
    home.writer.kill()
    home.database.write_bytes(b"")
    home.share()
    before = home.contents()
    assert "is empty" in mesh.ask(str(home.database))
    assert home.contents() == before


def test_nothing_of_a_copy_is_left(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    killed_without_index(home)
    with NavidromeDatabase(home.database).reading() as connection:
        assert connection.execute("SELECT count(*) FROM media_file").fetchone() == (2,)
        assert list(tmp_path.iterdir()) == []


READ_ONLY = """
import os, subprocess, sys
mount, source, target, reader = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
def run(*command): subprocess.run(command, check=True)
if mount == "bind":
    run("mount", "--bind", source, target)
    run("mount", "-o", "remount,bind,ro", target)
else:
    run("mount", "-t", "tmpfs", "none", target)
    run("cp", "-a", source + "/.", target)
    run("mount", "-o", "remount,ro", target)
assert os.statvfs(target).f_flag & os.ST_RDONLY
from pathlib import Path
from workers.library.navidrome.database import NavidromeDatabase
become(reader)
print([track.title for track in NavidromeDatabase(Path(target) / "navidrome.db").snapshot().tracks])
"""


@needs_root
@pytest.mark.parametrize("mount", ["bind", "tmpfs"])
@pytest.mark.parametrize(
    "state", [closed, open_and_busy, killed, killed_without_index, empty_log], ids=lambda state: state.__name__
)
def test_on_a_read_only_mount(home: Home, mesh: Program, state: Callable[[Home], None], mount: str) -> None:
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("mounting needs CAP_SYS_ADMIN")
    state(home)
    before = home.contents()
    with ExitStack() as stack:
        target = home.folder.with_name(f"{home.folder.name}-mounted")
        target.mkdir()
        stack.callback(target.rmdir)
        target.chmod(0o755)
        read = subprocess.run(
            ["unshare", "-m", sys.executable, "-B", "-c", BECOME + READ_ONLY, mount, home.folder, target, str(READER)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert read.stdout.strip() == str(STATES[state]), read.stderr
    assert home.contents() == before


def test_a_file_system_without_such_locks_is_read_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy is read then while there is a log: nothing would keep that from vanishing."""
    home.add("second")
    monkeypatch.setattr("workers.library.navidrome.database_file.OpenDatabaseFile.lock", lambda *_: False)
    before = home.contents()
    assert len(NavidromeDatabase(home.database).snapshot().tracks) == 2
    assert home.contents() == before
    home.stop()
    assert len(NavidromeDatabase(home.database).snapshot().tracks) == 2
    assert set(home.contents()) == {"navidrome.db"}


def test_a_reader_keeps_its_locks_whoever_else_reads(home: Home) -> None:
    """Closing any descriptor of a file drops all POSIX locks of the process on it; ours wait for each other."""
    database = NavidromeDatabase(home.database)
    with database.reading():
        for _ in range(3):
            database.signature()
            database.fingerprint()
        home.stop()
        assert (home.folder / "navidrome.db-wal").exists()
    with closing(sqlite3.connect(f"file:{home.database}?mode=ro&readonly_shm=1", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM media_file").fetchone() == (1,)
