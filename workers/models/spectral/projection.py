"""From features to the vector: fixed constants that make every kind of feature count alike, and distances mean hearing.

1. Each feature is centred and scaled (its deviation over the development music, more where codecs change it).
2. Each kind is turned onto its principal axes, half whitened, and brought to length 1: so many kinds, so many votes.
3. All kinds together are centred (which keeps hubs away), turned onto their principal axes, whitened as far as the
   axes can be trusted, damped where codecs change them, and brought to length 1: the cosine is the similarity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from workers.models.spectral import VERSION
from workers.models.spectral.descriptor import FEATURES, Features
from workers.models.spectral.frames import Array

#: The constants' file beside this one.
FILE = "constants.npz"
#: Lengths below this count as this.
SHORTEST = 1e-9


@dataclass(frozen=True)
class Projection:
    """The constants: of each kind `mean` [d], `scale` [d], `axes` [d, k]; of all `centre` [sum k] and `turn` [., D]."""

    mean: dict[str, Array]
    scale: dict[str, Array]
    axes: dict[str, Array]
    centre: Array
    turn: Array

    def kinds(self, features: Features) -> Array:
        """[sum k] float32: every kind at length 1, one after the other."""
        return np.concatenate([self._kind(name, features[name]) for name in FEATURES])

    def vector(self, features: Features) -> Array:
        """[D] float32 of length 1."""
        return unit((self.kinds(features) - self.centre) @ self.turn)

    def save(self, path: str) -> None:
        """Write the constants as `load` reads them."""
        arrays = {"version": np.array(VERSION), "centre": self.centre, "turn": self.turn}
        for name in FEATURES:
            arrays |= {f"{name}.mean": self.mean[name], f"{name}.scale": self.scale[name]}
            arrays[f"{name}.axes"] = self.axes[name]
        np.savez_compressed(path, allow_pickle=False, **arrays)

    def _kind(self, name: str, values: Array) -> Array:
        return unit(((values - self.mean[name]) * self.scale[name]) @ self.axes[name])


def unit(vector: npt.NDArray[np.floating]) -> Array:
    """The vector at length 1; zeros stay zeros."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), SHORTEST), np.float32)


@cache
def constants() -> Projection:
    """The constants that ship with the code."""
    with files(__package__).joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        if int(data["version"]) != VERSION:
            raise ValueError(f"{FILE} is of version {int(data['version'])}, the code of version {VERSION}")
        return Projection(
            mean={name: data[f"{name}.mean"] for name in FEATURES},
            scale={name: data[f"{name}.scale"] for name in FEATURES},
            axes={name: data[f"{name}.axes"] for name in FEATURES},
            centre=data["centre"],
            turn=data["turn"],
        )
