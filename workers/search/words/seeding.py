"""Which tracks a text's direction leads to."""

from __future__ import annotations

from typing import Final

import numpy as np

from workers.search.words.evidence import Evidence
from workers.search.words.folding import key
from workers.search.words.reading import Reading
from workers.search.words.tracks import Column, Tracks

#: Tracks that make a direction: this share of the library, within these bounds.
TOP_SHARE: Final = 0.03
LEAST_TOP, MOST_TOP = 12, 60
#: Weight of an artist's tracks in a direction that words make too.
ARTISTS: Final = 0.5


def seed_weights(reading: Reading, tracks: Tracks, found: Evidence) -> Column:
    """Return the weight [n] of each track in the direction; zeros if the text names neither traits nor artists."""
    weights = np.zeros(len(tracks), np.float32)
    likes = [tracks.artists[key(like.artist)] for like in reading.likes if not like.negative]
    if found.parts and len(tracks):
        top = int(np.clip(TOP_SHARE * len(tracks), LEAST_TOP, MOST_TOP))
        first = np.argsort(-found.scores, kind="stable")[:top]
        weights[first] = found.scores[first] / max(float(found.scores[first].sum()), 1e-9)
    for rows in likes:
        weights[rows] += np.float32((ARTISTS if found.parts else 1.0) / len(rows))
    for like in reading.likes:
        if like.negative:
            weights[tracks.artists[key(like.artist)]] = 0
    return weights
