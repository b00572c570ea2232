"""The labels that tell a track of a list from the rest of the library."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from contract.errors import MeshError
from contract.labels import TrackLabel
from gateway.people.finding import Finder

log = logging.getLogger(__name__)

#: Most labels of a row, and the lowest score of one: a quarter of the library has as much of it.
MOST: Final = 4
LEAST: Final = 0.75


async def labels_of(finder: Finder, track_ids: Sequence[str]) -> dict[str, list[TrackLabel]]:
    """Return the most telling labels by track id; none for tracks not heard yet, or if the library does not answer."""
    try:
        found = await finder.labelled(track_ids)
    except MeshError as error:
        log.debug("a list has no labels: %s", error.message)
        return {}
    return {track.track_id: telling(track.labels) for track in found}


def telling(labels: Sequence[TrackLabel]) -> list[TrackLabel]:
    """Return the labels that few other tracks have as much of; `labels` come best first."""
    return [label for label in labels if label.score >= LEAST][:MOST]
