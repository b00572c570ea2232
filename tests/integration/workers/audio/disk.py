"""A small disk that really fails: an ext4 image on a loop device, parts of which are removed. Needs root."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

#: Bytes of a block of the file system as `filefrag` counts here.
BLOCK = 1024
IMAGE = "48M"


def run(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


class FailingDisk:
    """Files below `mounted`, read-only. Raises `OSError`, or `CalledProcessError` if mounting fails."""

    def __init__(self, folder: Path, files: list[Path]) -> None:
        self.mounted = folder / "mounted"
        self._image, self._whole = folder / "image", folder / "whole"
        self.mounted.mkdir(parents=True)
        run("truncate", "-s", IMAGE, self._image)
        run("mkfs.ext4", "-q", "-F", "-m0", self._image)
        self._loop = run("losetup", "-f", "--show", self._image).strip()
        run("mount", self._loop, self.mounted)
        for file in files:
            shutil.copy(file, self.mounted)
        run("umount", self.mounted)
        run("mount", "-o", "ro", self._loop, self.mounted)
        run("cp", "--sparse=always", self._image, self._whole)

    def fail(self, name: str, share: float) -> Path:
        """The file; its part after that share can no longer be read."""
        self.mend()
        lines = run("filefrag", "-v", f"-b{BLOCK}", self.mounted / name).splitlines()
        extents = [[int(n) for n in re.findall(r"\d+", line)[1:4]] for line in lines if re.match(r"\s+\d+:", line)]
        wanted = int(share * sum(last - first + 1 for first, last, _ in extents))
        for first, last, place in extents:
            if wanted <= last - first:
                os.truncate(self._image, (place + wanted) * BLOCK)
                break
            wanted -= last - first + 1
        self._forget(name)
        return self.mounted / name

    def mend(self) -> None:
        """All of it can be read again."""
        run("cp", "--sparse=never", self._whole, self._image)

    def _forget(self, name: str) -> None:
        """What is in memory must not be read from there."""
        for path in (self.mounted / name, Path(self._loop)):
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)

    def close(self) -> None:
        for command in (("umount", self.mounted), ("losetup", "-d", self._loop)):
            subprocess.run([str(part) for part in command], check=False, capture_output=True)
