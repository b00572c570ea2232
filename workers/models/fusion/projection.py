"""From what both ears heard to one vector: two blocks of fixed energy.

A block's energy is its share in every cosine. The learned block is treated as the kinds of `spectral` are: turned onto
principal axes, whitened as far as they can be trusted, damped where codecs change them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from workers.models.fusion import VERSION
from workers.models.musicnn.layout import Array
from workers.models.musicnn.projection import constants as learned_scale
from workers.models.spectral.descriptor import Features
from workers.models.spectral.projection import constants as spectral_constants
from workers.models.spectral.projection import unit

#: The constants' file beside this one.
FILE = "constants.npz"
#: Energy of the learned block; that of the computed one is the rest.
SHARE = 0.35


@dataclass(frozen=True)
class Fusion:
    """`centre` [96] is taken off the vector of `spectral`, `turn` [400, k] leads from standard numbers to the block."""

    centre: Array
    turn: Array

    def vector(self, features: Features, hidden: Array) -> Array:
        """[96 + k] of length 1, from the features of `spectral` and the 400 numbers of both taggers."""
        return self.joined(spectral_constants().vector(features), learned_scale().standard(hidden))

    def joined(self, computed: Array, learned: Array) -> Array:
        """The same from a vector of `spectral` [96] and standard numbers [400]."""
        first = unit(computed - self.centre) * np.float32(np.sqrt(1 - SHARE))
        return np.concatenate([first, unit(learned @ self.turn) * np.float32(np.sqrt(SHARE))])

    def save(self, path: str) -> None:
        """Write the constants as `constants` reads them."""
        np.savez_compressed(path, allow_pickle=False, version=np.array(VERSION), centre=self.centre, turn=self.turn)


@cache
def constants() -> Fusion:
    """The constants that ship with the code."""
    with files(__package__).joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        if int(data["version"]) != VERSION:
            raise ValueError(f"{FILE} is of version {int(data['version'])}, the code of version {VERSION}")
        return Fusion(data["centre"], data["turn"])
