"""A graph without its vectors: what a backup needs so that the same rows find the same neighbours after a restore.

A graph built from the same rows in another order finds slightly different neighbours. The backup already holds the
vectors; this module stores the links, the slot of each track, and the codes of slots whose track is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

Integers = npt.NDArray[np.int32]
Codes = npt.NDArray[np.float16]
Marks = npt.NDArray[np.uint64]
#: Highest node level accepted as valid: one node in 50 to the power of this level reaches it.
MAX_LEVEL: Final = 32
#: Codes summed at once.
BLOCK: Final = 4096


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A graph over [n] slots.

    `track_ids` is None for a slot whose track is gone; its code is in `dead` [k, dim], in order. `levels` [n] and
    `links`: each node's neighbours, level by level, -1 if there is none; `capacity` by level. `entry`: the node where a
    search begins, on level `top`. `marks` [n]: sums of the codes' bits.
    """

    dimension: int
    track_ids: Sequence[str | None]
    levels: Integers
    links: Integers
    capacity: Sequence[int]
    entry: int
    top: int
    dead: Codes
    marks: Marks

    @property
    def offsets(self) -> npt.NDArray[np.uint64]:
        """[n + 1] positions where the links of each node begin."""
        each = np.array([0, *np.cumsum(self.capacity)], np.uint64)[self.levels]
        return np.concatenate((np.zeros(1, np.uint64), np.cumsum(each, dtype=np.uint64)))

    def check(self) -> None:
        """Raises `ValueError` if this is not a valid graph: a search in it would read out of bounds."""
        count = len(self.track_ids)
        if not count or not len(self.levels) == len(self.marks) == count:
            raise ValueError("its parts differ in length")
        if not self.capacity or min(self.capacity) < 1 or max(self.capacity) > 10_000:
            raise ValueError("its nodes have impossible numbers of neighbours")
        if self.levels.min() < 1 or self.levels.max() > min(MAX_LEVEL, len(self.capacity)):
            raise ValueError("it has impossible levels")
        if self.offsets[-1] != len(self.links) or self.links.min() < -1 or self.links.max() >= count:
            raise ValueError("it has links to missing nodes")
        if not 0 <= self.entry < count or self.top != self.levels[self.entry] - 1 or self.top != self.levels.max() - 1:
            raise ValueError("its entry point is not where it should be")
        self._check_levels()
        if self.dead.shape != (sum(track is None for track in self.track_ids), self.dimension):
            raise ValueError("its dead slots are not those that it lists")

    def _check_levels(self) -> None:
        """A link on a level must lead to a node on that level."""
        starts, reached = self.offsets[:-1].astype(np.int64), 0
        for level, width in enumerate(self.capacity[: self.top + 1]):
            nodes = np.flatnonzero(self.levels > level)
            links = self.links[(starts[nodes] + reached)[:, None] + np.arange(width)]
            if (self.levels[links[links >= 0]] <= level).any():
                raise ValueError("it has links to nodes of lower levels")
            reached += width

    def pack(self) -> dict[str, bytes]:
        """Returns the parts by name."""
        head = {
            "dimension": self.dimension,
            "capacity": list(self.capacity),
            "entry": self.entry,
            "top": self.top,
            "track_ids": list(self.track_ids),
        }
        return {
            "graph.json": orjson.dumps(head),
            "levels.i32": self.levels.astype("<i4").tobytes(),
            "links.i32": self.links.astype("<i4").tobytes(),
            "dead.f16": self.dead.astype("<f2").tobytes(),
            "marks.u64": self.marks.astype("<u8").tobytes(),
        }

    @classmethod
    def unpack(cls, parts: Mapping[str, bytes]) -> Arrangement:
        """Raises `ValueError` if the parts do not form a graph."""
        try:
            head: dict[str, Any] = orjson.loads(parts["graph.json"])
            dimension = int(head["dimension"])
            found = cls(
                dimension=dimension,
                track_ids=[None if track is None else str(track) for track in head["track_ids"]],
                levels=np.frombuffer(parts["levels.i32"], "<i4").astype(np.int32),
                links=np.frombuffer(parts["links.i32"], "<i4").astype(np.int32),
                capacity=[int(width) for width in head["capacity"]],
                entry=int(head["entry"]),
                top=int(head["top"]),
                dead=np.frombuffer(parts["dead.f16"], "<f2").astype(np.float16).reshape(-1, max(1, dimension)),
                marks=np.frombuffer(parts["marks.u64"], "<u8").astype(np.uint64),
            )
        except (KeyError, TypeError, orjson.JSONDecodeError) as error:
            raise ValueError(f"its description cannot be read: {error!r}") from error
        found.check()
        return found


def marks_of(codes: Codes) -> Marks:
    """Returns [n] numbers, one for each code [n, dim]; different codes almost surely get different numbers."""
    weights = np.random.default_rng(0).integers(1, 2**63, codes.shape[1], np.uint64)
    marks = np.empty(len(codes), np.uint64)
    for start in range(0, len(codes), BLOCK):  # integers overflow the same way on every machine
        bits = np.ascontiguousarray(codes[start : start + BLOCK]).view(np.uint16).astype(np.uint64)
        marks[start : start + BLOCK] = (bits * weights).sum(axis=1, dtype=np.uint64)
    return marks
