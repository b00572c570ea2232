"""Reading that fails is not the end of a file; a file that ends early is."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from contract.embedding import TRUNCATED
from contract.errors import FileUnreadable
from tests.harness.audio_files import KINDS, RATE, write
from tests.integration.workers.audio.disk import FailingDisk
from workers.audio.decode import load
from workers.audio.identity import audio_id

#: Seconds of the files; their sound does not compress well, so that half a file is half the sound.
SECONDS = 8.0
#: Formats whose files need their end to be read: half of one is not a file at all.
CONTAINERS = {"m4a", "wma"}


def song(folder: Path, kind: str) -> Path:
    noise = np.random.default_rng(1).uniform(-0.4, 0.4, (int(SECONDS * RATE), 2)).astype(np.float32)
    return write(folder / f"song.{kind}", noise)


def failing(monkeypatch: pytest.MonkeyPatch, place: int, answer: Callable[[], bytes]) -> None:
    """From that place on, the disk answers differently."""
    real = os.pread

    def pread(descriptor: int, count: int, offset: int) -> bytes:
        if offset + count > place:
            if offset >= place:
                return answer()
            count = place - offset
        return real(descriptor, count, offset)

    monkeypatch.setattr(os, "pread", pread)


def refuse() -> bytes:
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("kind", KINDS)
def test_a_read_that_fails_gives_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, share: float
) -> None:
    # Given
    path = song(tmp_path, kind)
    failing(monkeypatch, int(share * path.stat().st_size), refuse)
    # Then the part read before gives neither a vector nor an id
    for read in (lambda: load(path, 24000, 1, SECONDS), lambda: audio_id(path)):
        with pytest.raises(FileUnreadable, match="Input/output error"):
            read()


@pytest.mark.parametrize("kind", ["flac", "mp3"])
def test_a_file_that_is_cut_while_it_is_read_gives_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = song(tmp_path, kind)
    failing(monkeypatch, path.stat().st_size // 2, lambda: b"")
    for read in (lambda: load(path, 24000, 1, SECONDS), lambda: audio_id(path)):
        with pytest.raises(FileUnreadable, match="ended before its size"):
            read()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - CONTAINERS))
def test_a_file_that_ends_early_is_a_truncated_one(tmp_path: Path, kind: str) -> None:
    # Given
    path = song(tmp_path, kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    # Then
    audio = load(path, 24000, 1, SECONDS)
    assert audio.warning == TRUNCATED
    assert 0.3 * SECONDS < audio.duration < 0.7 * SECONDS
    assert len(audio_id(path)) == 32


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FailingDisk]:
    files = [song(tmp_path, kind) for kind in ("flac", "mp3", "ogg", "m4a")]
    try:
        disk = FailingDisk(tmp_path / "disk", files)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be made to fail here: {error}")
    yield disk
    disk.close()


def test_a_disk_that_fails_and_is_mended(tmp_path: Path, disk: FailingDisk) -> None:
    for kind in ("flac", "mp3", "ogg", "m4a"):
        name = f"song.{kind}"
        for share in (0.5, 0.0):
            path = disk.fail(name, share)
            for read in (lambda path=path: load(path, 24000, 1, SECONDS), lambda path=path: audio_id(path)):
                with pytest.raises(FileUnreadable, match="check the disk or share"):
                    read()
    disk.mend()
    for kind in ("flac", "mp3", "ogg", "m4a"):
        assert audio_id(disk.mounted / f"song.{kind}") == audio_id(tmp_path / f"song.{kind}")
