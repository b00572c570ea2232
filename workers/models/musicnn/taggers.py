"""Run both taggers: turn the patches of a track into 400 numbers."""

from __future__ import annotations

import numpy as np

from workers.models.musicnn.files import Weights
from workers.models.musicnn.layout import Array
from workers.models.musicnn.locations import FOLDERS
from workers.models.musicnn.tagger import Tagger


class Taggers:
    """Runs every tagger in turn."""

    def __init__(self, weights: Weights) -> None:
        self._taggers = [Tagger(weights[name]) for name in FOLDERS]

    def __call__(self, patches: Array) -> Array:
        """Return the means [400] of the taggers' hidden layers over log-mel patches [n, 187, 96]."""
        return np.concatenate([tagger.hidden(patches).mean(axis=0) for tagger in self._taggers])
