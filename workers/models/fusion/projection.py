"""Join both models' output into one vector: two blocks of fixed energy, so that each has a fixed share of any cosine.

The computed block is the vector of `spectral`. The learned block is the taggers' standardised numbers, projected onto
the principal axes that carry 99 % of their variance: a third of the length, with the same neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from workers.models.fusion import VERSION
from workers.models.musicnn.layout import Array
from workers.models.musicnn.projection import constants as learned_scale
from workers.models.spectral.descriptor import Features
from workers.models.spectral.projection import constants as spectral_constants
from workers.models.spectral.projection import unit

#: The file of constants beside this module.
FILE: Final = "constants.npz"
#: Energy of the learned block; the computed block has the rest.
SHARE: Final = 0.35


@dataclass(frozen=True)
class Fusion:
    """The fixed constants: `turn` [400, k] maps the taggers' standardised numbers to the learned block."""

    turn: Array

    def vector(self, features: Features, hidden: Array) -> Array:
        """Return [96 + k] of unit length from the features of `spectral` and the 400 numbers of both taggers."""
        return self.joined(spectral_constants().vector(features), learned_scale().standard(hidden))

    def joined(self, computed: Array, learned: Array) -> Array:
        """Return the same from a vector of `spectral` [96] and standardised numbers [400]."""
        second = unit(learned @ self.turn)
        return np.concatenate([computed * np.float32(np.sqrt(1 - SHARE)), second * np.float32(np.sqrt(SHARE))])

    def save(self, path: str) -> None:
        """Write the constants in the format that `constants` reads."""
        np.savez_compressed(path, allow_pickle=False, version=np.array(VERSION), turn=self.turn)


@cache
def constants() -> Fusion:
    """Load the constants that ship with the code."""
    with files(__package__).joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        if int(data["version"]) != VERSION:
            raise ValueError(f"{FILE} has version {int(data['version'])}, the code needs version {VERSION}")
        return Fusion(data["turn"])
