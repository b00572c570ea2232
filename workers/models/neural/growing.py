"""Rows that arrive batch by batch and stay until their track is finished."""

from __future__ import annotations

from typing import Final

import numpy as np

from broker.vectors import Vectors

#: Bytes per block: glibc maps blocks this large outside the heap. Small arrays that stay between large temporary ones
#: would fragment the heap, which would then grow with every batch of a long track.
BLOCK_BYTES: Final = 32 * 2**20


class GrowingRows:
    """float32 rows of equal length; memory that no row has touched yet costs nothing."""

    def __init__(self) -> None:
        self._blocks: list[Vectors] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Vectors:
        block, row = divmod(index, len(self._blocks[0]))
        vector: Vectors = self._blocks[block][row]
        return vector

    def append(self, row: Vectors) -> None:
        """Append a copy of `row` [D]."""
        if not self._blocks or self._count == len(self._blocks) * len(self._blocks[0]):
            rows = max(BLOCK_BYTES // (4 * len(row)), 1)
            self._blocks.append(np.empty((rows, len(row)), np.float32))
        self._blocks[-1][self._count % len(self._blocks[0])] = row
        self._count += 1

    def array(self) -> Vectors:
        """Return all rows [n, D]."""
        whole: Vectors = np.concatenate(self._blocks)[: self._count]
        return whole
