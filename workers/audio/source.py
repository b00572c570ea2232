"""A file object for the decoders that remembers failed reads.

Decoders mistake a failed read for the end of the file. This class keeps the error of the disk or network share, so
that half a file never passes for the whole.
"""

from __future__ import annotations

import io
import os
from typing import Any, Final

from contract.errors import FileMissing, FileUnreadable
from workers.audio.files import Path, display
from workers.audio.tails import end_of_audio

#: FFmpeg's extra values of `whence`: return the size, and seek even if it is slow.
SEEK_SIZE: Final = 0x10000
SEEK_FORCE: Final = 0x20000
#: Longest file suffix that decoders see, with its dot.
MAX_SUFFIX: Final = 8


class AudioFile(io.RawIOBase):
    """The bytes of a file up to the end of its audio. Read to the end, then call `check` to confirm that it is one.

    `name` is a plain name with the file's suffix: decoders look at it, and the real name may not be text.
    """

    def __init__(self, path: Path) -> None:
        """Raises `FileMissing`, `FileUnreadable`."""
        super().__init__()
        self._path = path
        self._place = 0
        self._failure: FileUnreadable | None = None
        suffix = os.path.splitext(display(path))[1]  # noqa: PTH122  names may hold bytes that are not text
        self.name = f"audio{suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= MAX_SUFFIX else ''}"
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._size = os.fstat(self._file).st_size
        except FileNotFoundError:
            raise FileMissing(f"the file has just vanished: {display(path)}") from None
        except OSError as error:
            raise FileUnreadable(f"cannot open {display(path)}: {error.strerror}") from None
        self._end = end_of_audio(self._read_at, self._size)

    def check(self) -> None:
        """Raise `FileUnreadable` if a read failed, which means that the decoded audio is incomplete."""
        if self._failure is not None:
            raise self._failure

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seek as in any file; also accepts FFmpeg's own `whence`. Returns -1 for a negative position."""
        whence &= ~SEEK_FORCE
        if whence == SEEK_SIZE:
            return self._end
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end}.get(whence)
        if start is None or start + offset < 0:
            return -1
        self._place = start + offset
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Read at most `size` bytes; returns none at the end, or once a read has failed."""
        remaining = max(self._end - self._place, 0)
        data = self._read_at(self._place, remaining if size < 0 else min(size, remaining))
        self._place += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, as `read` does; returns the number of bytes."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._file)
        super().close()

    def _read_at(self, place: int, count: int) -> bytes:
        """Read `count` bytes at `place`; returns none if `count` is not positive, or once a read has failed."""
        if self._failure is not None or count <= 0:
            return b""
        try:
            data = os.pread(self._file, count, place)
        except OSError as error:
            self._fail(place, error.strerror or str(error))
            return b""
        if not data:  # the share dropped, or the file was just truncated; both are temporary
            self._fail(place, "the file ended before its size")
        return data

    def _fail(self, place: int, reason: str) -> None:
        self._failure = FileUnreadable(
            f"reading {display(self._path)} failed at byte {place} of {self._size}: {reason}; check the disk or share"
        )
