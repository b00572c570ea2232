"""Divide a library into folds: all but one for learning, the other held out to measure what was learned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

#: Number of folds, each held out in turn.
FOLDS: Final = 5
#: Fewest albums per fold to keep albums together; with fewer, single tracks are distributed.
ALBUMS_A_FOLD: Final = 2

Rows = npt.NDArray[np.intp]


def folds(ids: Sequence[str], albums: Sequence[str]) -> list[Rows]:
    """Return the rows of `FOLDS` folds of about equal size, which do not depend on the order of the library.

    An album stays in one fold, because its tracks share tags and sound and would leak from one fold to another.
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
    """Return at most `most` rows in ascending order, chosen by a hash of their ids."""
    drawn = sorted(range(len(ids)), key=lambda row: _draw(ids[row]))[:most]
    return np.array(sorted(drawn), np.intp)


def _draw(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
