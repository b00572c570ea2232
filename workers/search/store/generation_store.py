"""One generation of the embedded store: its part of the record and its index in memory, kept in sync."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from broker.vectors import Vectors
from contract.errors import StoreUnavailable
from contract.search import Row
from workers.search.store.index.arrangement import Arrangement
from workers.search.store.index.graph import GraphSettings
from workers.search.store.index.memory import MemoryIndex
from workers.search.store.index.saved import SavedIndex
from workers.search.store.record import Record

log = logging.getLogger(__name__)

#: Rows read from the record at once.
PAGE: Final = 512


class GenerationStore:
    """A collection of the record and its index. The store serialises writers."""

    def __init__(self, record: Record, name: str, folder: Path, graph: GraphSettings) -> None:
        self._record = record
        self.name = name
        self.dimension = record.dimension(name)
        self._saved = SavedIndex(folder / name, graph)
        #: Rows written or deleted since the last flush and since the last save; unix seconds of the last such write.
        self.unflushed = 0
        self.unsaved = 0
        self.written_at = 0.0
        #: Held while changing the graph or the files; once `_discarded`, no work remains.
        self._tidying = threading.Lock()
        self._discarded = False
        #: A write or flush failed: the record may hold less than was acknowledged, or more.
        self._doubtful = False
        #: Rows that start-up had to read from the record.
        self.rows_read = 0
        loaded = self._saved.load(self.dimension)
        self.index = loaded or MemoryIndex(self.dimension, graph)
        #: Slots in the last saved graph.
        self._covered = self.index.covered
        self._last = self._reconcile()

    def write(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Write rows of distinct track ids; they are durable on return."""
        if self._doubtful:  # rows after a partly failed write could not be read again
            self.flush()
        self._write(rows, vectors)

    def _write(self, rows: Sequence[Row], vectors: Vectors) -> None:
        first = self._next()
        self._last = first + len(rows) - 1
        with self._doubting():
            self._record.write(self.name, rows, vectors, first)
        self.index.put(rows, vectors, range(first, first + len(rows)))
        self._changed(len(rows))

    def delete(self, track_ids: Sequence[str]) -> list[str]:
        """Delete tracks; returns those that were present."""
        there = [row.track_id for row in self.index.lookup(track_ids).rows]
        if there:
            with self._doubting():
                self._record.delete(self.name, there)
            self.index.remove(there)
            self._changed(len(there))
        return there

    def flush(self) -> None:
        """Return once everything written is on disk."""
        if self._discarded or not (self.unflushed or self._doubtful):
            return
        with self._doubting():
            self._record.flush(self.name)
            if self._doubtful:
                self._write_again()
                self._record.flush(self.name)
        self._doubtful, self.unflushed = False, 0

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """If the record fails, mark it as doubtful, so that its content is checked before the next write."""
        try:
            yield
        except StoreUnavailable:
            self._doubtful = True
            raise

    def _write_again(self) -> None:
        """Bring the record in line with the index.

        After a failure the record may have lost rows, or kept part of a write that was never acknowledged.
        """
        table = self.index.table
        known = dict(zip((row.track_id for row in table.live_rows()), table.live_sequence(), strict=True))
        there = self._record.sequences(self.name)
        lost = [track_id for track_id, number in known.items() if there.get(track_id) != number]
        for start in range(0, len(lost), PAGE):
            found = self.index.lookup(lost[start : start + PAGE])
            self._write(found.rows, found.vectors)
        self._record.delete(self.name, [track_id for track_id in there if track_id not in known])
        if lost:
            log.warning("%s: %d rows rewritten after the disk had failed", self.name, len(lost))

    def settle(self) -> None:
        """Return once a flush will be quick. The caller must not hold a writer lock."""
        with self._tidying:
            if not self._discarded:
                self._record.settle(self.name)

    def read_ahead(self) -> None:
        """Have the system read the file of the vectors before searches need it."""
        self._saved.read_ahead()

    def catch_up(self) -> bool:
        """Do one step for the index; returns whether more remain."""
        with self._tidying:
            return not self._discarded and self.index.catch_up()

    def arrange(self, known: Arrangement) -> bool:
        """Adopt a graph of these rows; returns whether it was built from them."""
        with self._tidying:
            if self._discarded or not self.index.arrange(known):
                return False
            self.unsaved += 1
            return True

    @property
    def stale(self) -> bool:
        """Returns whether the saved index differs from the one in memory."""
        return self.unsaved > 0 or self.index.covered != self._covered

    def save(self) -> None:
        """Write the index beside the store."""
        with self._tidying:
            if self.stale and not self._discarded:
                self.unsaved, self._covered = 0, self.index.covered
                self._saved.save(self.index)

    def discard(self) -> None:
        """Remove the generation from disk."""
        with self._tidying:
            self._discarded = True
            self._record.drop(self.name)
            self._saved.remove()

    def _changed(self, rows: int) -> None:
        self.unflushed += rows
        self.unsaved += rows
        self.written_at = time.time()

    def _next(self) -> int:
        # Based on the clock, so that numbers are not reused after a backup is restored or a name is reused.
        return max(self._last + 1, time.time_ns() // 1000)

    def _reconcile(self) -> int:
        """Bring the index in line with the record; returns the highest sequence number."""
        table = self.index.table
        known = dict(zip((row.track_id for row in table.live_rows()), table.live_sequence(), strict=True))
        last = max(known.values(), default=0)
        newer = self._record.sequences(self.name, since=last)
        merged = known | newer
        if (last and last not in newer.values()) or len(merged) != self._record.count(self.name):
            # Rows were deleted, or another state of the store was restored: compare row by row.
            newer = self._record.sequences(self.name)
            gone = [track_id for track_id in known if track_id not in newer]
            self.index.remove(gone)
            self.unsaved += len(gone)
        self._read([track_id for track_id, number in newer.items() if known.get(track_id) != number])
        return max(newer.values(), default=last)

    def _read(self, track_ids: Sequence[str]) -> None:
        for rows, vectors, sequence in self._record.fetch(self.name, track_ids):
            self.index.put(rows, vectors, sequence)
        self.unsaved += len(track_ids)
        self.rows_read = len(track_ids)
        if track_ids:
            log.info("%s: %d rows read from the record", self.name, len(track_ids))
