"""The vectors of one table: the older ones in a file, the newest in memory.

A graph has codes of its own, so of the vectors that it covers, a search reads only those that it returns. They stay in
the file of the saved index, and the system decides how much of it is cached. They are read rather than mapped: a disk
that is slow or fails then neither holds up the threads that serve the sockets nor ends the process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.errors import StoreUnavailable

#: Rows per block of memory, and read at once. Blocks never grow, so that no row is ever copied to make room.
BLOCK: Final = 4096
VALUE_BYTES: Final = 4

Slots = npt.NDArray[np.int64]


class StoredVectors:
    """[n, dim] float32 vectors, only ever appended to. Not thread-safe."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._file: BinaryIO | None = None
        #: Vectors in the file.
        self._filed = 0
        self._blocks: list[Vectors] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def in_memory(self) -> int:
        """Number of vectors that are not in the file."""
        return self._size - self._filed

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
        """Returns a copy of the vectors at [n] slots. Raises `StoreUnavailable` if the file cannot be read."""
        wanted: Slots = np.asarray(slots, np.int64)
        found = np.empty((len(wanted), self.dimension), np.float32)
        filed = np.flatnonzero(wanted < self._filed)
        if len(filed):
            self._read_rows(found, filed.tolist(), wanted[filed].tolist())
        behind = wanted - self._filed
        for number, block in enumerate(self._blocks):
            here = np.flatnonzero((behind >= number * BLOCK) & (behind < (number + 1) * BLOCK))
            if len(here):
                found[here] = block[behind[here] - number * BLOCK]
        return found

    def pieces(self, start: int, stop: int) -> Iterator[tuple[int, Vectors]]:
        """Yields the vectors of a range, at most `BLOCK` at a time, each time with the first one's slot.

        What is yielded is valid until the next. Raises `StoreUnavailable` if the file cannot be read.
        """
        edge = min(stop, self._filed)
        buffer = np.empty((min(BLOCK, max(0, edge - start)), self.dimension), np.float32)
        for first in range(start, edge, BLOCK):
            piece = buffer[: edge - first]
            self._read(piece.data.cast("B"), first * self.dimension * VALUE_BYTES)
            yield first, piece
        first = max(start, self._filed)
        while first < stop:
            number, place = divmod(first - self._filed, BLOCK)
            piece = self._blocks[number][place : place + stop - first]
            yield first, piece
            first += len(piece)

    @classmethod
    def read(cls, path: Path, dimension: int, count: int, filed: int) -> StoredVectors:
        """Open a file of `count` vectors; the first `filed` stay there. Raises `OSError`, or `ValueError` if short."""
        vectors = cls(dimension)
        if filed:
            vectors._leave_in(path, filed)
        with path.open("rb") as file:
            file.seek(filed * dimension * VALUE_BYTES)
            for start in range(filed, count, BLOCK):
                rows = min(BLOCK, count - start)
                vectors.append(np.fromfile(file, "<f4", rows * dimension).reshape(rows, dimension))
        return vectors

    def leave_in(self, path: Path, count: int) -> None:
        """Take the first `count` vectors from a file that has them, whole blocks only, and forget them in memory."""
        whole = (count - self._filed) // BLOCK
        if whole > 0:
            self._leave_in(path, self._filed + whole * BLOCK)
            self._blocks = self._blocks[whole:]

    def _leave_in(self, path: Path, count: int) -> None:
        """Use a file of float32 rows, which must never become shorter."""
        file, size = path.open("rb"), count * self.dimension * VALUE_BYTES
        if os.fstat(file.fileno()).st_size < size:
            file.close()
            raise ValueError(f"{path} is shorter than {size} bytes")
        self._file, self._filed, self._size = file, count, max(self._size, count)

    def _read_rows(self, into: Vectors, places: list[int], slots: list[int]) -> None:
        """Fill rows of `into`, those at `places`, with the vectors at `slots` of the file."""
        buffer, size = into.data.cast("B"), self.dimension * VALUE_BYTES
        for place, slot in zip(places, slots, strict=True):
            self._read(buffer[place * size : (place + 1) * size], slot * size)

    def _read(self, buffer: memoryview, offset: int) -> None:
        assert self._file is not None
        try:
            read = os.preadv(self._file.fileno(), [buffer], offset)
        except OSError as error:
            raise StoreUnavailable(f"{self._file.name} cannot be read: {error}") from error
        if read != len(buffer):
            raise StoreUnavailable(f"{self._file.name} ended after {read} of {len(buffer)} bytes")
