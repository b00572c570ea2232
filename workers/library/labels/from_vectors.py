"""Raw scores from stored vectors of `fusion` and `musicnn`, without decoding.

Both hold the direction of the taggers' hidden layers but not its length, for which the mean over the development music
stands in. On that music the scores keep their order: the rank correlation with those of the taggers is .96 or more for
nine of ten labels.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from broker.vectors import Vectors
from workers.models.fusion.projection import SHARE
from workers.models.fusion.projection import constants as fusion_constants
from workers.models.musicnn.files import load
from workers.models.musicnn.projection import constants as musicnn_constants
from workers.models.musicnn.tags import TagHeads
from workers.models.spectral import DIMENSION as SPECTRAL_DIMENSION

#: Mean length of the standardised hidden layers over the development music.
LENGTH: Final = 20.3


def _of_musicnn(vectors: Vectors) -> Vectors:
    scale = musicnn_constants()
    return np.asarray(vectors * LENGTH * scale.deviation + scale.mean, np.float32)


def _of_fusion(vectors: Vectors) -> Vectors:
    learned = vectors[:, SPECTRAL_DIMENSION:] / np.sqrt(SHARE)
    return _of_musicnn(learned @ fusion_constants().turn.T)


#: By model of `SCORED_MODELS`: turns vectors [n, dim] into hidden layers [n, 400].
HIDDEN: Final[dict[str, Callable[[Vectors], Vectors]]] = {"fusion": _of_fusion, "musicnn": _of_musicnn}


class VectorScorer:
    """Computes raw scores. Raises `ModelUnavailable` without the taggers' weights."""

    def __init__(self, checkpoints: Path) -> None:
        self._heads = TagHeads.of(load(checkpoints))

    def scores(self, model: str, vectors: Vectors) -> Vectors:
        """Return raw scores [n, labels] of vectors [n, dim] of a model in `HIDDEN`."""
        return self._heads.scores(HIDDEN[model](vectors))
