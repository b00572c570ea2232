"""Rows of a list: locked ones keep their places, the others fill the gaps."""

from __future__ import annotations

from collections.abc import Sequence

from contract.message import common
from contract.track import VisibleTrack
from gateway.explore.schema import ListRow
from gateway.people.schema import PersonTrack


def arranged(found: Sequence[PersonTrack], kept: Sequence[tuple[VisibleTrack, int]]) -> list[ListRow]:
    """Return the rows. `kept`: tracks that stay, with their places; of two for one place, the second comes next to it.

    Places beyond the end of a list that became shorter are at its end.
    """
    left = sorted(kept, key=lambda each: each[1])
    others = list(found)
    rows: list[ListRow] = []
    while left or others:
        if left and (left[0][1] <= len(rows) or not others):
            track, _ = left.pop(0)
            rows.append(_kept(track, len(rows)))
        else:
            rows.append(_found(others.pop(0), len(rows)))
    return rows


def _kept(track: VisibleTrack, place: int) -> ListRow:
    return common(
        track,
        ListRow,
        place=place,
        locked=True,
        score=None,
        reason=None,
        models=[],
        negative_similarity=None,
        labels=[],
    )


def _found(track: PersonTrack, place: int) -> ListRow:
    return common(track, ListRow, place=place, locked=False, labels=[])
