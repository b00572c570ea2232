"""The published network: its layers in order, and the shapes of their variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

#: Frames per patch (2.992 s) and mel bands per frame.
FRAMES, BANDS = 187, 96
#: Channels of all timbral and temporal convolutions together, of one middle convolution, and of all that is pooled.
FRONT, MID, POOLED = 561, 64, 753
#: Units of the last hidden layer, and labels.
HIDDEN, LABELS = 200, 50
#: Added to the variance of a batch normalisation.
EPSILON: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution; `kernel` is [time, bands], `number` the N in `conv2d_N`, one less than in its normalisation."""

    number: int
    kernel: tuple[int, int]
    inputs: int
    filters: int

    @property
    def name(self) -> str:
        return f"conv2d_{self.number}" if self.number else "conv2d"

    @property
    def normalisation(self) -> str:
        return f"batch_normalization_{self.number + 1}"


TIMBRAL: Final = (Convolution(0, (7, 38), 1, 204), Convolution(1, (7, 67), 1, 204))
TEMPORAL: Final = (Convolution(2, (128, 1), 1, 51), Convolution(3, (64, 1), 1, 51), Convolution(4, (32, 1), 1, 51))
MIDDLE: Final = (Convolution(5, (7, FRONT), 1, MID), Convolution(6, (7, MID), 1, MID), Convolution(7, (7, MID), 1, MID))
#: Normalisations that do not follow a convolution: of the patch, the pooled channels, the hidden layer.
INPUT_NORM, POOLED_NORM, HIDDEN_NORM = "batch_normalization", "batch_normalization_9", "batch_normalization_10"
HIDDEN_LAYER, LABEL_LAYER = "dense", "dense_1"
NORM_PARTS: Final = ("beta", "gamma", "moving_mean", "moving_variance")


def _variables() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    norms = {INPUT_NORM: 1, POOLED_NORM: 2 * POOLED, HIDDEN_NORM: HIDDEN}
    for layer in (*TIMBRAL, *TEMPORAL, *MIDDLE):
        shapes[f"{layer.name}/kernel"] = (*layer.kernel, layer.inputs, layer.filters)
        shapes[f"{layer.name}/bias"] = (layer.filters,)
        norms[layer.normalisation] = layer.filters
    for name, inputs, outputs in ((HIDDEN_LAYER, 2 * POOLED, HIDDEN), (LABEL_LAYER, HIDDEN, LABELS)):
        shapes |= {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}
    return shapes | {f"{name}/{part}": (size,) for name, size in norms.items() for part in NORM_PARTS}


#: Shapes of all variables that inference needs, by name.
VARIABLES: Final = _variables()
