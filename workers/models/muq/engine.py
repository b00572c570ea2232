"""Run MuQ-MuLan on a device."""

from __future__ import annotations

import torch
from torch import Tensor

from broker.vectors import Vectors
from workers.models.muq.load import MuLan
from workers.models.neural.clips import Windowing
from workers.models.neural.inference import Inference
from workers.models.neural.tracks import TrackBatches


class MuQEngine:
    """Embeds recordings and texts.

    `tracks` embeds recordings, running `inference` over clips of `clip` samples. `text` embeds one text at a time, as
    the published model was trained.
    """

    def __init__(self, model: MuLan, windowing: Windowing, device: str, *, compiled: bool = False) -> None:
        self.clip = windowing.clip
        self.inference = Inference(model.audio.to(device), device, compiled=compiled)
        self._text = model.text.to(device)
        self._tokenizer = model.tokenizer
        self.tracks = TrackBatches(windowing, self.inference)

    def tune(self) -> None:
        """Warm up, and choose precision and batch size."""
        self.inference.tune(self.clip)

    def text(self, text: str) -> Vectors:
        """Return float32 [1, latent] of unit length, computed in float32 on any device; cuts texts to 512 tokens."""
        ids = torch.tensor([self._tokenizer.encode(text).ids], device=self.inference.device)
        with torch.inference_mode():
            vector: Tensor = self._text(ids)
            row: Vectors = vector.cpu().numpy()
        return row
