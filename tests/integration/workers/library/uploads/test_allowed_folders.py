"""Which files may be uploaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import DecodeFailed, FileMissing, Forbidden, InvalidRequest, TooLarge
from workers.library.uploads.allowed_folders import AllowedFolders

MOST = 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "song.flac").write_bytes(b"x")
    (tmp_path / "secret.flac").write_bytes(b"x")
    return allowed


def places(folder: Path, there: str = "/music") -> AllowedFolders:
    return AllowedFolders(lambda: [str(folder)], lambda path: path.replace(there, str(folder)))


def test_a_file_in_an_allowed_folder(folder: Path) -> None:
    # Given the allowed folder behind a link, and a file that is known by Navidrome's path
    link = folder.parent / "link"
    link.symlink_to(folder)
    # Then
    song = str(folder / "song.flac")
    assert places(link).find(song, "music_file", MOST) == song
    assert places(folder).find(f"{link}/song.flac", "music_file", MOST) == song
    assert places(folder).find("/music/song.flac", "music_file", MOST) == song


@pytest.mark.parametrize(
    "path",
    ["{0}/../secret.flac", "{0}-else/x", "/etc/passwd", "{0}", "{0}/out", "{0}/up/secret.flac", "{0}/../nothing"],
)
def test_nothing_is_said_of_files_elsewhere(folder: Path, path: str) -> None:
    (folder / "out").symlink_to(folder.parent / "secret.flac")
    (folder / "up").symlink_to(folder.parent)
    with pytest.raises(Forbidden, match="SONICMESH_UPLOAD_FOLDERS"):
        places(folder).find(path.format(folder), "music_file", MOST)


@pytest.mark.parametrize("path", ["song.flac", "", "/tmp/\0x", "/" + "x" * 5000])
def test_what_is_no_path(folder: Path, path: str) -> None:
    with pytest.raises(InvalidRequest, match="absolute path"):
        places(folder).find(path, "music_file", MOST)


def test_what_is_no_file(folder: Path) -> None:
    # Given
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    (folder / "big.flac").write_bytes(b"x" * (MOST + 1))
    # Then
    for name in ("pipe", "folder"):
        with pytest.raises(DecodeFailed, match="not an audio file"):
            places(folder).find(str(folder / name), "music_file", MOST)
    with pytest.raises(FileMissing):
        places(folder).find(str(folder / "gone.flac"), "music_file", MOST)
    with pytest.raises(TooLarge, match="1001 bytes"):
        places(folder).find(str(folder / "big.flac"), "music_file", MOST)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into."""
    found = Path(tempfile.mkdtemp(prefix="sm"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)


NOBODY = """
import os, sys
from workers.library.uploads.allowed_folders import AllowedFolders
if os.getuid() == 0:
    os.setuid(65534)
try:
    AllowedFolders(lambda: [os.path.dirname(sys.argv[1])], lambda path: path).find(sys.argv[1], "music_file", 1000)
except Exception as error:
    print(type(error).__name__, error)
"""


def test_the_file_of_another_user(open_folder: Path) -> None:
    # Given a file that its reader may not open, as Navidrome's temporary files are for others
    song = open_folder / "song.flac"
    song.touch()
    song.chmod(0o600 if os.getuid() == 0 else 0)
    # When
    done = subprocess.run([sys.executable, "-c", NOBODY, str(song)], capture_output=True, text=True, check=True)
    # Then
    assert done.stdout.startswith("FileUnreadable")
    assert "run Sonic Mesh as that user" in done.stdout
