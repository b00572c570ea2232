"""Measure whether a text finds its track among all tracks, compared with chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors

#: Top tracks of a result to look at.
FIRST: Final = 10
#: Queries to score at once: 20 MB of float32 with 20,000 tracks.
BLOCK: Final = 256


@dataclass(frozen=True, slots=True)
class Recall:
    """How well texts find tracks.

    `at_ten` is the share of texts whose own track is among the first ten, `styled` the share of the first ten with the
    text's moods and genres, `chance_*` the same for a random order, `reciprocal` the mean of 1 / rank.
    """

    queries: int
    tracks: int
    at_ten: float
    chance_at_ten: float
    styled: float
    chance_styled: float
    reciprocal: float


def ranks(queries: Vectors, tracks: Vectors, own: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return each query's rank [q], from 1, of its own track by cosine; `tracks` have unit length.

    Ties count half, so that identical vectors do no better than chance.
    """
    positions = np.empty(len(queries), np.intp)
    for first in range(0, len(queries), BLOCK):
        part = slice(first, first + BLOCK)
        scores = queries[part] @ tracks.T
        mine = scores[np.arange(len(scores)), own[part]][:, None]
        positions[part] = 1 + (scores > mine).sum(1) + ((scores == mine).sum(1) - 1) // 2
    return positions


def reciprocal(queries: Vectors, tracks: Vectors, own: npt.NDArray[np.intp]) -> float:
    """Return the mean of 1 / rank, which decides between choices because it reflects every change of rank."""
    return float(np.mean(1 / ranks(queries, tracks, own)))


def recall(full: Vectors, styled: Vectors, tracks: Vectors, own: npt.NDArray[np.intp], styles: Sequence[str]) -> Recall:
    """Measure queries [q, D] for the tracks `own` [q].

    `full` holds queries with everything known about the track, `styled` those with its moods and genres only. `styles`
    are the moods and genres of all tracks, "" for none.
    """
    places = ranks(full, tracks, own)
    labels = np.unique(np.array(styles), return_inverse=True)[1]
    shares, chances = [], []
    for query, row in zip(styled, own, strict=True):
        if styles[row]:
            scores = tracks @ query
            scores[row] = -np.inf
            first = np.argpartition(-scores, FIRST)[:FIRST]
            shares.append(np.mean(labels[first] == labels[row]))
            chances.append((np.sum(labels == labels[row]) - 1) / (len(tracks) - 1))
    return Recall(
        queries=len(own),
        tracks=len(tracks),
        at_ten=float(np.mean(places <= FIRST)),
        chance_at_ten=min(1.0, FIRST / len(tracks)),
        styled=float(np.mean(shares)) if shares else 0.0,
        chance_styled=float(np.mean(chances)) if chances else 0.0,
        reciprocal=float(np.mean(1 / places)),
    )
