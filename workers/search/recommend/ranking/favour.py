"""What a person thinks of whole albums and artists, as factors on the scores of their tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from workers.search.recommend.ranking.calibration import Scores
from workers.search.recommend.ranking.penalties import apply
from workers.search.store.rows import Row


def favoured(scores: Scores, rows: Sequence[Row], albums: Mapping[str, float], artists: Mapping[str, float]) -> Scores:
    """[n] scores of `rows` times the factors (0..1, absent: 1) of their album and artist."""
    if not albums and not artists:
        return scores
    factors = [albums.get(row.album_id, 1.0) * artists.get(row.artist_id, 1.0) for row in rows]
    return apply(scores, np.array(factors, np.float32))
