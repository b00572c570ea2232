"""The vectors of one table: the older ones in a file that is mapped, the newest in memory.

A graph has codes of its own, so of the vectors that it covers, a search reads only those that it returns. They stay in
the file of the saved index, and the system decides which of its pages it keeps in memory.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors

#: Rows per block of memory. Blocks never grow, so that no row is ever copied to make room.
BLOCK: Final = 4096
#: Rows read from the file until its pages are given back. A row brings up to 64 KB of neighbouring pages with it, so
#: the pages held are 256 MB at most, and usually far less.
HELD_ROWS: Final = 4096

VALUE_BYTES: Final = 4

Slots = npt.NDArray[np.int64]


class StoredVectors:
    """[n, dim] float32 vectors, only ever appended to. Not thread-safe."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._file: mmap.mmap | None = None
        self._mapped: Vectors = np.empty((0, dimension), np.float32)
        self._blocks: list[Vectors] = []
        self._size = 0
        self._read_rows = 0

    def __len__(self) -> int:
        return self._size

    @property
    def in_memory(self) -> int:
        """Number of vectors that are not in the file."""
        return self._size - len(self._mapped)

    def append(self, vectors: Vectors) -> None:
        """Add [n, dim] vectors."""
        taken = 0
        while taken < len(vectors):
            number, place = divmod(self.in_memory, BLOCK)
            if number == len(self._blocks):
                self._blocks.append(np.empty((BLOCK, self.dimension), np.float32))
            part = vectors[taken : taken + BLOCK - place]
            self._blocks[number][place : place + len(part)] = part
            self._size += len(part)
            taken += len(part)

    def take(self, slots: npt.ArrayLike) -> Vectors:
        """Returns a copy of the vectors at [n] slots."""
        wanted: Slots = np.asarray(slots, np.int64)
        found = np.empty((len(wanted), self.dimension), np.float32)
        inside = np.flatnonzero(wanted < len(self._mapped))
        if len(inside):
            found[inside] = self._mapped[wanted[inside]]
            self._give_back(len(inside))
        behind = wanted - len(self._mapped)
        for number, block in enumerate(self._blocks):
            here = np.flatnonzero((behind >= number * BLOCK) & (behind < (number + 1) * BLOCK))
            if len(here):
                found[here] = block[behind[here] - number * BLOCK]
        return found

    def pieces(self, start: int, stop: int) -> Iterator[tuple[int, Vectors]]:
        """Yields the vectors of a range as views of at most `BLOCK` rows, each with its first slot."""
        edge = len(self._mapped)
        for first in range(start, min(stop, edge), BLOCK):
            piece = self._mapped[first : min(first + BLOCK, stop, edge)]
            yield first, piece
            self._give_back(len(piece))
        first = max(start, edge)
        while first < stop:
            number, place = divmod(first - edge, BLOCK)
            piece = self._blocks[number][place : place + stop - first]
            yield first, piece
            first += len(piece)

    @classmethod
    def read(cls, path: Path, dimension: int, count: int, mapped: int) -> StoredVectors:
        """Open a file of `count` vectors; the first `mapped` stay there. Raises `OSError`, or `ValueError` if short."""
        vectors = cls(dimension)
        vectors._map(path, mapped)
        with path.open("rb") as file:
            file.seek(mapped * dimension * VALUE_BYTES)
            for start in range(mapped, count, BLOCK):
                rows = min(BLOCK, count - start)
                vectors.append(np.fromfile(file, "<f4", rows * dimension).reshape(rows, dimension))
        return vectors

    def leave_in(self, path: Path, count: int) -> None:
        """Take the first `count` vectors from a file that has them, whole blocks only, and forget them in memory."""
        whole = (count - len(self._mapped)) // BLOCK
        if whole > 0:
            self._map(path, len(self._mapped) + whole * BLOCK)
            self._blocks = self._blocks[whole:]

    def _map(self, path: Path, count: int) -> None:
        """Map a file of float32 rows, which must never become shorter."""
        if not count:
            return
        size = count * self.dimension * VALUE_BYTES
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < size:
                raise ValueError(f"{path} is shorter than {size} bytes")
            self._file = mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ)
        self._mapped = np.frombuffer(self._file, "<f4").reshape(count, self.dimension)
        self._size, self._read_rows = max(self._size, count), 0

    def _give_back(self, rows: int) -> None:
        self._read_rows += rows
        if self._file is not None and self._read_rows >= HELD_ROWS:
            self._file.madvise(mmap.MADV_DONTNEED)  # the system's cache keeps them; a view stays valid
            self._read_rows = 0
