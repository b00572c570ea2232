"""Odd version files, and files that cannot be read or written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from contract.errors import StoreUnavailable
from contract.release import release
from workers.folder.version_file import BadVersionFile, FolderVersion, read_version, write_version

GARBAGE = (
    b"",
    b"\xff\xfe",
    b"2",
    b"[]",
    b"{}",
    b"{",
    b'{"version": 1',
    b'{"version": "1", "written_by": "0.1.0"}',
    b'{"version": true, "written_by": "0.1.0"}',
    b'{"version": 1.0, "written_by": "0.1.0"}',
    b'{"version": 0, "written_by": "0.1.0"}',
    b'{"version": -1, "written_by": "0.1.0"}',
    b'{"version": 99999999999999999999, "written_by": "0.1.0"}',
    b'{"version": 1}',
    b'{"version": 1, "written_by": null}',
    b'{"version": 1, "written_by": "a\\nb"}',
    b'{"version": 1, "written_by": "' + b"a" * 65 + b'"}',
    b'{"version": 1, "written_by": "0.1.0", "upgrading_to": "2"}',
    b'{"version": 1, "written_by": "0.1.0"}' + b" " * 5000,
)


def test_a_folder_without_the_file_says_nothing(tmp_path: Path) -> None:
    assert read_version(tmp_path) is None
    assert read_version(tmp_path / "nowhere") is None


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_version(tmp_path, 3)
    assert read_version(tmp_path) == FolderVersion(3, release())
    write_version(tmp_path, 3, 4)
    found = read_version(tmp_path)
    assert found == FolderVersion(3, release(), 4)
    assert found.needed == 4
    assert [path.name for path in tmp_path.iterdir()] == ["version.json"]
    assert stat.S_IMODE((tmp_path / "version.json").stat().st_mode) == 0o600


def test_what_a_later_release_adds_is_no_concern(tmp_path: Path) -> None:
    (tmp_path / "version.json").write_bytes(b'{"version": 1, "written_by": "0.1.0", "more": {"of": "it"}}')
    assert read_version(tmp_path) == FolderVersion(1, "0.1.0")


@pytest.mark.parametrize("content", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_one_line_that_says_what_to_do(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "version.json").write_bytes(content)
    with pytest.raises(BadVersionFile, match="remove the file and start again; else restore a backup") as caught:
        read_version(tmp_path)
    assert str(tmp_path / "version.json") in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "version.json").mkdir()
    with pytest.raises(StoreUnavailable, match=r"version\.json cannot be read: Is a directory"):
        read_version(tmp_path)


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    write_version(tmp_path, 1)
    (tmp_path / "version.json.part").mkdir()
    with pytest.raises(OSError, match=r"version\.json\.part"):
        write_version(tmp_path, 2)
    assert read_version(tmp_path) == FolderVersion(1, release())
