"""The rows of one generation in memory, by slot, with arrays for filtering.

A slot is used once: a replaced or deleted row leaves a dead slot, so that slots can serve as positions in a graph that
cannot delete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Self, TypeVar

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.search import Row
from workers.search.store.index.vectors import Slots, StoredVectors
from workers.search.store.rows import precedence
from workers.search.store.vector_store import Where

Mask = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

#: Slots of an empty table, and the growth factor of a full one.
FIRST_CAPACITY: Final = 256
GROWTH: Final = 1.5


class RowTable:
    """Rows, unit vectors and sequence numbers by slot. Not thread-safe."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.rows: list[Row | None] = []
        #: [size, dim] of length 1.
        self.vectors = StoredVectors(dimension)
        #: Tracks that `allowed` never allows.
        self.hidden: frozenset[str] = frozenset()
        #: The last `unlisted` requested, the state of the table at that time, and its slots.
        self._unlisted: tuple[frozenset[str], tuple[int, int], list[int]] = (frozenset(), (0, 0), [])
        self._slots: dict[str, int] = {}
        self._artists: dict[str, int] = {}
        self._alive: Mask = np.empty(0, np.bool_)
        self._shown: Mask = np.empty(0, np.bool_)
        self._library: Slots = np.empty(0, np.int64)
        self._artist: Slots = np.empty(0, np.int64)
        self._sequence: Slots = np.empty(0, np.int64)

    def __len__(self) -> int:
        """Number of live rows."""
        return len(self._slots)

    @property
    def size(self) -> int:
        """Slots in use, including dead ones."""
        return len(self.rows)

    @property
    def sequence(self) -> Slots:
        """[size] sequence numbers, a view."""
        return self._sequence[: self.size]

    def put(self, rows: Sequence[Row | None], vectors: Vectors, sequence: Sequence[int]) -> None:
        """Add rows with [n, dim] unit vectors; a row replaces one with the same track id, None makes a dead slot."""
        self.vectors.append(vectors)
        self._describe(rows, sequence)

    @classmethod
    def read(cls, dimension: int, rows: Sequence[Row | None], vectors: StoredVectors, sequence: Sequence[int]) -> Self:
        """Returns a table of saved rows; None for a dead slot."""
        table = cls(dimension)
        table.vectors = vectors
        table._describe(rows, sequence)
        return table

    def _describe(self, rows: Sequence[Row | None], sequence: Sequence[int]) -> None:
        start, stop = self.size, self.size + len(rows)
        self._reserve(stop)
        self._sequence[start:stop] = sequence
        self._alive[start:stop] = [row is not None for row in rows]
        self._shown[start:stop] = [row is not None and row.track_id not in self.hidden for row in rows]
        for slot, row in enumerate(rows, start):
            self.rows.append(row)
            if row is not None:
                if row.track_id in self._slots:
                    self.remove([row.track_id])
                self._slots[row.track_id] = slot
                self._library[slot] = row.library_id
                self._artist[slot] = self._artists.setdefault(row.artist_id, len(self._artists))

    def remove(self, track_ids: Iterable[str]) -> int:
        """Forget tracks; returns how many were there."""
        slots = [slot for slot in (self._slots.pop(track_id, None) for track_id in track_ids) if slot is not None]
        for slot in slots:
            self.rows[slot] = None
            self._alive[slot] = self._shown[slot] = False
        return len(slots)

    def hide(self, track_ids: frozenset[str]) -> None:
        """Disallow exactly these tracks, whether they are present or arrive later; allow all others again."""
        self.hidden = track_ids
        self._shown[: self.size] = self._alive[: self.size]
        self._shown[self.slots_of(track_ids)] = False

    def slots_of(self, track_ids: Iterable[str]) -> list[int]:
        """Returns the slots of the tracks that are present, in order, each once."""
        found = (self._slots.get(track_id) for track_id in dict.fromkeys(track_ids))
        return [slot for slot in found if slot is not None]

    def held(self, track_ids: Iterable[str]) -> frozenset[str]:
        """Returns the ids that have a live row."""
        return frozenset(track_id for track_id in track_ids if track_id in self._slots)

    def rows_at(self, slots: Iterable[int]) -> list[Row]:
        """The rows of live slots."""
        return [row for row in (self.rows[slot] for slot in slots) if row is not None]

    def track_ids(self) -> Iterable[str]:
        """Ids of the live rows."""
        return self._slots.keys()

    def allowed(self, where: Where) -> Mask:
        """[size] True where a live row that is not hidden passes the filter."""
        mask: Mask = self._shown[: self.size].copy()
        if where.libraries:
            mask &= np.isin(self._library[: self.size], list(where.libraries))
        if where.without_artists:
            mask &= ~self._of_artists(where.without_artists)
        mask[self.slots_of(where.without_tracks)] = False
        if where.unlisted:
            mask[self._slots_unlisted(where.unlisted)] = False
        return mask

    def _slots_unlisted(self, track_ids: frozenset[str]) -> list[int]:
        # Every row that is put takes a new slot, and otherwise ids can only disappear: equal counts mean equal slots.
        state = (self.size, len(self))
        known, of, slots = self._unlisted
        if known is not track_ids or of != state:
            slots = self.slots_of(track_ids)
            self._unlisted = (track_ids, state, slots)
        return slots

    def slots_of_artists(self, artist_ids: Iterable[str]) -> Slots:
        """Slots of the live rows of these artists."""
        return np.flatnonzero(self._alive[: self.size] & self._of_artists(artist_ids))

    def _of_artists(self, artist_ids: Iterable[str]) -> Mask:
        codes = [self._artists[artist] for artist in artist_ids if artist in self._artists]
        return np.isin(self._artist[: self.size], codes)

    def by_precedence(self, slots: Slots) -> Slots:
        """Returns slots of live rows in order of `precedence`, independent of the slot numbers."""
        rows = self.rows_at(slots.tolist())
        audio = Counter(row.audio_id for row in rows)
        # The first value decides, except between copies: a whole key takes ten times as long to make.
        keys = [(row.audio_id,) if audio[row.audio_id] == 1 else precedence(row) for row in rows]
        ordered: Slots = slots[np.array(sorted(range(len(rows)), key=keys.__getitem__), np.int64)]
        return ordered

    def live_rows(self) -> list[Row]:
        """Live rows in ascending order of slot."""
        return [row for row in self.rows if row is not None]

    def live_sequence(self) -> list[int]:
        """Sequence numbers of the live rows."""
        numbers: list[int] = self.sequence[self.live_slots()].tolist()
        return numbers

    def shown_slots(self) -> Slots:
        """Slots of the live rows that are not hidden, ascending."""
        return np.flatnonzero(self._shown[: self.size])

    def live_slots(self) -> Slots:
        """Slots of the live rows, ascending."""
        return np.flatnonzero(self._alive[: self.size])

    def _reserve(self, size: int) -> None:
        if size <= len(self._alive):
            return
        capacity = max(size, FIRST_CAPACITY, int(len(self._alive) * GROWTH))
        self._alive = _grown(self._alive, capacity)
        self._shown = _grown(self._shown, capacity)
        self._library = _grown(self._library, capacity)
        self._artist = _grown(self._artist, capacity)
        self._sequence = _grown(self._sequence, capacity)


def _grown(array: npt.NDArray[Scalar], capacity: int) -> npt.NDArray[Scalar]:
    grown = np.empty((capacity, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
