"""Whether a text finds its track among all of them, beside what chance would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors

#: Tracks of an answer that are looked at.
FIRST: Final = 10
#: Queries that are scored at once: with 20,000 tracks 20 MB of float32.
BLOCK: Final = 256


@dataclass(frozen=True, slots=True)
class Recall:
    """`at_ten`: share of texts whose own track is among the first ten. `styled`: share of the first ten that carry the
    same moods and genres as the text. `chance_*`: the same for a random order. `reciprocal`: mean of 1 / rank.
    """

    queries: int
    tracks: int
    at_ten: float
    chance_at_ten: float
    styled: float
    chance_styled: float
    reciprocal: float


def ranks(queries: Vectors, tracks: Vectors, own: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """[q] the place, from 1, of each query's own track by cosine; `tracks` have length 1. Ties count halfway, so that
    vectors that are all alike do no better than chance.
    """
    found = np.empty(len(queries), np.intp)
    for first in range(0, len(queries), BLOCK):
        part = slice(first, first + BLOCK)
        scores = queries[part] @ tracks.T
        mine = scores[np.arange(len(scores)), own[part]][:, None]
        found[part] = 1 + (scores > mine).sum(1) + ((scores == mine).sum(1) - 1) // 2
    return found


def reciprocal(queries: Vectors, tracks: Vectors, own: npt.NDArray[np.intp]) -> float:
    """Mean of 1 / rank: what choices are made by, since it sees every step of the way up."""
    return float(np.mean(1 / ranks(queries, tracks, own)))


def recall(full: Vectors, styled: Vectors, tracks: Vectors, own: npt.NDArray[np.intp], styles: Sequence[str]) -> Recall:
    """`full` [q, D]: queries with all that is known of their track `own` [q]; `styled` [q, D]: with its moods and
    genres alone. `styles` are those of all tracks, "" where none is told.
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
