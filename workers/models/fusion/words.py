"""The text side of `fusion`: its own text projection or else that of `spectral`, whose space is part of this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from broker.vectors import Vectors
from workers.models.adapter import TextSide
from workers.models.spectral import DIMENSION as SPECTRAL_DIMENSION
from workers.models.spectral import VERSION as SPECTRAL_VERSION
from workers.models.text.trained import TrainedText

if TYPE_CHECKING:
    from workers.runtime.settings import WorkerSettings


class FusionText:
    """The text side of `fusion`.

    A text in the space of `spectral` fills the computed block and leaves the learned block zero, so tracks rank as
    `spectral` would rank them.
    """

    def __init__(self, model: str, settings: WorkerSettings) -> None:
        self._own = TrainedText(model, settings)
        self._spectral = TrainedText("spectral", settings)

    def side(self) -> TextSide:
        """Whether `embed` can work; does not import torch."""
        return self._spectral.side() if self._lent else self._own.side()

    def embed(self, texts: Sequence[str], dim: int, model_id: str, device: str) -> Vectors:
        """Return float32 [n, dim] of unit length. Raises `TextUnavailable`, `ModelUnavailable`."""
        if not self._lent:
            return self._own.embed(texts, dim, model_id, device)
        spectral = self._spectral.embed(texts, SPECTRAL_DIMENSION, f"spectral-v{SPECTRAL_VERSION}", device)
        return np.pad(spectral, ((0, 0), (0, dim - SPECTRAL_DIMENSION)))

    def forget(self) -> None:
        """Release the weights; the next text reads the files again."""
        self._own.forget()
        self._spectral.forget()

    @property
    def _lent(self) -> bool:
        return not self._own.file.is_file() and self._spectral.file.is_file()
