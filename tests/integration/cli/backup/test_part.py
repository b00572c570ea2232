"""Killed backups and running backups side by side in one folder."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.backup.progress import Bars
from cli.backup.save import save
from tests.harness.places import REPOSITORY
from tests.harness.processes import alive
from tests.harness.waiting import eventually
from tests.integration.cli.backup.conftest import Enter, fill, wait_for_upload
from workers.library.backup.archive import reading
from workers.library.backup.part import ARCHIVE, PREFIX
from workers.search.settings import SearchSettings


@contextmanager
def held(uploads: Path) -> Iterator[None]:
    """Another program has the database locked: whoever copies it waits."""
    connection = sqlite3.connect(uploads, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PREFIX}*"))


def begin(file: Path) -> subprocess.Popen[bytes]:
    """A running backup."""
    before = parts(file.parent)
    process = subprocess.Popen([sys.executable, "-m", "cli.main", "backup", str(file)], cwd=REPOSITORY)
    eventually(lambda: [part for part in parts(file.parent) if part not in before and list(part.glob("uploads.db*"))])
    return process


@pytest.fixture
def old(enter: Enter) -> SearchSettings:
    """A home with vectors, and an upload that waits."""
    settings = enter("old")
    fill(settings)
    wait_for_upload(settings)
    return settings


def test_the_next_backup_clears_what_a_killed_one_left(old: SearchSettings, quiet: Bars, tmp_path: Path) -> None:
    # Given
    with held(old.data / "uploads.db"):
        process = begin(tmp_path / "killed.backup")
        process.kill()
        process.wait()
    (left,) = parts(tmp_path)
    assert (left / ARCHIVE).stat().st_mode & 0o077 == left.stat().st_mode & 0o077 == 0
    assert not (tmp_path / "killed.backup").exists()
    # When another one is made, of whatever name
    save(old, tmp_path / "next.backup", quiet, force=False, with_secrets=False)
    # Then
    assert parts(tmp_path) == []
    with reading(tmp_path / "next.backup") as reader:
        reader.check(lambda _: None)


def test_the_part_of_a_living_backup_is_left_alone(
    old: SearchSettings, enter: Enter, quiet: Bars, tmp_path: Path
) -> None:
    # Given one that waits
    with held(old.data / "uploads.db"):
        process = begin(tmp_path / "living.backup")
        (living,) = parts(tmp_path)
        # When that of another mesh goes into the same folder
        other = enter("other")
        fill(other)
        save(other, tmp_path / "other.backup", quiet, force=False, with_secrets=False)
        # Then
        assert parts(tmp_path) == [living]
        assert alive(process.pid)
    # And the first one continues to its end
    assert process.wait(60) == 0
    assert parts(tmp_path) == []
    with reading(tmp_path / "living.backup") as reader:
        reader.check(lambda _: None)
        assert reader.manifest.waiting == 1
