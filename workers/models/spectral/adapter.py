"""The adapter of the built-in model: no download, and only a small file to load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from broker.vectors import Vectors
from workers.models.adapter import Adapter, Recording, TextSide, mark_damaged
from workers.models.spectral import VERSION
from workers.models.spectral.descriptor import describe
from workers.models.spectral.projection import constants
from workers.models.text.trained import TrainedText
from workers.sound.opening import open_and_hear, open_for_analysis

if TYPE_CHECKING:
    from workers.models.spec import ModelSpec
    from workers.runtime.settings import WorkerSettings


class SpectralAdapter(Adapter):
    """Decodes and extracts features in `open_audio`, so that tracks run in parallel; `embed_audio` only projects."""

    batch = 8
    analyses = True

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        super().__init__(spec, settings)
        self._text = TrainedText(spec.name, settings)

    @property
    def model_id(self) -> str:
        return f"spectral-v{VERSION}"

    def load(self) -> None:
        constants()

    def unload(self) -> None:
        """Release the text projection, but keep half a megabyte of constants, which cost less than another load."""
        self._text.forget()

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        return open_and_hear(path, duration, lambda samples, analyser: describe(samples, analyser.add))

    def analyse(self, path: Path, duration: float | None) -> Recording:
        return open_for_analysis(path, duration)

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        vectors = np.stack([constants().vector(recording.audio) for recording in recordings])
        return mark_damaged(recordings, vectors)

    def text_side(self) -> TextSide:
        return self._text.side()

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        return self._text.embed(texts, self.dim, self.model_id, self.device)
