"""Turn the taggers' hidden layers into the vector: give every number equal weight, then scale to unit length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from workers.models.musicnn import VERSION
from workers.models.musicnn.layout import Array
from workers.models.spectral.projection import unit

#: The file of constants beside this module.
FILE: Final = "constants.npz"


@dataclass(frozen=True)
class Scale:
    """The mean and deviation [400] of each number over the development music."""

    mean: Array
    deviation: Array

    def standard(self, hidden: Array) -> Array:
        """Return the standardised numbers [400]: differences from the mean, divided by the deviation."""
        return (hidden - self.mean) / self.deviation

    def vector(self, hidden: Array) -> Array:
        """Return the vector [400] of unit length."""
        return unit(self.standard(hidden))

    def save(self, path: str) -> None:
        """Write the constants in the format that `constants` reads."""
        np.savez_compressed(
            path, allow_pickle=False, version=np.array(VERSION), mean=self.mean, deviation=self.deviation
        )


@cache
def constants() -> Scale:
    """Load the constants that ship with the code."""
    with files(__package__).joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        if int(data["version"]) != VERSION:
            raise ValueError(f"{FILE} has version {int(data['version'])}, the code needs version {VERSION}")
        return Scale(data["mean"], data["deviation"])
