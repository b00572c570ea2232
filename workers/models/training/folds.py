"""Parts of a library that are learned from, and parts that are kept back to see whether anything was learned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

#: Parts that take turns in being kept back.
FOLDS: Final = 5
#: Fewest albums a part that are kept together; with fewer, tracks are dealt out one by one.
ALBUMS_A_FOLD: Final = 2

Rows = npt.NDArray[np.intp]


def folds(ids: Sequence[str], albums: Sequence[str]) -> list[Rows]:
    """The rows of `FOLDS` parts of about equal size, the same for the same library in whatever order.

    An album stays in one part: its tracks share tags and sound, so one would give the others away.
    """
    groups: dict[str, list[int]] = {}
    for row, (track, album) in enumerate(zip(ids, albums, strict=True)):
        groups.setdefault(album or track, []).append(row)
    if len(groups) < FOLDS * ALBUMS_A_FOLD:
        groups = {track: [row] for row, track in enumerate(ids)}
    parts: list[list[int]] = [[] for _ in range(FOLDS)]
    for name in sorted(groups, key=lambda name: (-len(groups[name]), _draw(name))):
        min(parts, key=len).extend(groups[name])
    return [np.array(sorted(part), np.intp) for part in parts]


def sample(ids: Sequence[str], most: int) -> Rows:
    """At most `most` rows, drawn by their ids, in order."""
    drawn = sorted(range(len(ids)), key=lambda row: _draw(ids[row]))[:most]
    return np.array(sorted(drawn), np.intp)


def _draw(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
