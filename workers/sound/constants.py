"""What was learned about tempo, key and spoken word: constants that ship with the code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from workers.models.spectral.frames import Array

#: The file of constants beside this module.
FILE: Final = "constants.npz"


@dataclass(frozen=True, slots=True)
class Network:
    """A network of one hidden layer with a direct path; `mean` and `deviation` standardise the evidence."""

    mean: Array
    deviation: Array
    hidden: Array
    bias: Array
    out: Array
    direct: Array


@dataclass(frozen=True, slots=True)
class Constants:
    """Profiles of major and minor keys [24], the network of tempi, and weights [10] and bias of spoken word."""

    major: Array
    minor: Array
    minor_bias: float
    tempo: Network
    speech: Array
    speech_bias: float

    def save(self, path: str) -> None:
        """Write the constants in the format that `constants` reads."""
        net = {f"tempo_{name}": getattr(self.tempo, name) for name in Network.__slots__}
        scalars = {"minor_bias": np.float32(self.minor_bias), "speech_bias": np.float32(self.speech_bias)}
        np.savez_compressed(
            path, allow_pickle=False, major=self.major, minor=self.minor, speech=self.speech, **scalars, **net
        )


@cache
def constants() -> Constants:
    """Load the constants that ship with the code."""
    with files(__package__).joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        return Constants(
            major=data["major"],
            minor=data["minor"],
            minor_bias=float(data["minor_bias"]),
            tempo=Network(**{name: data[f"tempo_{name}"] for name in Network.__slots__}),
            speech=data["speech"],
            speech_bias=float(data["speech_bias"]),
        )
