"""Project features to the vector, with fixed constants that give every kind of feature equal weight.

1. Each feature is centred and divided by its deviation over the development music, or by more if codecs change it.
2. Each kind is rotated onto its principal axes, half whitened, and scaled to unit length: one vote per kind.
3. All kinds together are centred (which prevents hubs), rotated onto their principal axes, whitened as far as the axes
   are reliable, damped where codecs change them, and scaled to unit length: the cosine is the similarity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from workers.models.spectral import VERSION
from workers.models.spectral.descriptor import FEATURES, Features
from workers.models.spectral.frames import Array

#: The file of constants beside this module.
FILE: Final = "constants.npz"
#: Smallest length to divide by.
SHORTEST: Final = 1e-9


@dataclass(frozen=True)
class Projection:
    """The constants: per kind `mean` [d], `scale` [d], `axes` [d, k]; overall `centre` [sum k] and `turn` [., D]."""

    mean: dict[str, Array]
    scale: dict[str, Array]
    axes: dict[str, Array]
    centre: Array
    turn: Array

    def kinds(self, features: Features) -> Array:
        """Return float32 [sum k]: all kinds, each of unit length, concatenated."""
        return np.concatenate([self._kind(name, features[name]) for name in FEATURES])

    def vector(self, features: Features) -> Array:
        """Return float32 [D] of unit length."""
        return unit((self.kinds(features) - self.centre) @ self.turn)

    def save(self, path: str) -> None:
        """Write the constants in the format that `constants` reads."""
        arrays = {"version": np.array(VERSION), "centre": self.centre, "turn": self.turn}
        for name in FEATURES:
            arrays |= {f"{name}.mean": self.mean[name], f"{name}.scale": self.scale[name]}
            arrays[f"{name}.axes"] = self.axes[name]
        np.savez_compressed(path, allow_pickle=False, **arrays)

    def _kind(self, name: str, values: Array) -> Array:
        return unit(((values - self.mean[name]) * self.scale[name]) @ self.axes[name])


def unit(vector: npt.NDArray[np.floating]) -> Array:
    """Scale the vector to unit length; zeros stay zeros."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), SHORTEST), np.float32)


@cache
def constants() -> Projection:
    """Load the constants that ship with the code."""
    with files(__package__).joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        if int(data["version"]) != VERSION:
            raise ValueError(f"{FILE} has version {int(data['version'])}, the code needs version {VERSION}")
        return Projection(
            mean={name: data[f"{name}.mean"] for name in FEATURES},
            scale={name: data[f"{name}.scale"] for name in FEATURES},
            axes={name: data[f"{name}.axes"] for name in FEATURES},
            centre=data["centre"],
            turn=data["turn"],
        )
