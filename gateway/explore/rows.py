"""Rows of a list: locked ones keep their places, the others fill the gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contract.labels import TrackLabel
from contract.message import common
from contract.track import VisibleTrack
from gateway.explore.schema import ListRow
from gateway.people.schema import PersonTrack

Labels = Mapping[str, list[TrackLabel]]


def arranged(found: Sequence[PersonTrack], kept: Sequence[tuple[VisibleTrack, int]], labels: Labels) -> list[ListRow]:
    """Return the rows, with `labels` by track id.

    `kept`: tracks that stay, with their places; of two for one place, the second comes next to it.
    Places beyond the end of a list that became shorter are at its end.
    """
    left = sorted(kept, key=lambda each: each[1])
    others = list(found)
    rows: list[ListRow] = []
    while left or others:
        if left and (left[0][1] <= len(rows) or not others):
            track, _ = left.pop(0)
            rows.append(_kept(track, len(rows), labels))
        else:
            rows.append(_found(others.pop(0), len(rows), labels))
    return rows


def _kept(track: VisibleTrack, place: int, labels: Labels) -> ListRow:
    return common(
        track,
        ListRow,
        place=place,
        locked=True,
        score=None,
        reason=None,
        models=[],
        negative_similarity=None,
        labels=labels.get(track.id, []),
    )


def _found(track: PersonTrack, place: int, labels: Labels) -> ListRow:
    return common(track, ListRow, place=place, locked=False, labels=labels.get(track.id, []))
