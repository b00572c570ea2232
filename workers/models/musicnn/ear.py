"""Both taggers side by side: patches of a track to the 400 numbers that are kept of it."""

from __future__ import annotations

import numpy as np

from workers.models.musicnn.files import Weights
from workers.models.musicnn.layout import Array
from workers.models.musicnn.places import FOLDERS
from workers.models.musicnn.tagger import Tagger


class Ear:
    """Listens with every tagger in turn."""

    def __init__(self, weights: Weights) -> None:
        self._taggers = [Tagger(weights[name]) for name in FOLDERS]

    def __call__(self, patches: Array) -> Array:
        """[400]: means over log-mel patches [n, 187, 96] of the taggers' hidden layers."""
        return np.concatenate([tagger.hidden(patches).mean(axis=0) for tagger in self._taggers])
