"""The adapter of MuQ-MuLan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelUnavailable
from workers.models.adapter import Recording, TextSide
from workers.models.muq.files import SOURCE, find_files
from workers.models.neural.adapter import NeuralAdapter
from workers.models.neural.clips import Windowing

if TYPE_CHECKING:
    from workers.models.muq.engine import MuQEngine

#: Seconds per window, and between the starts of two windows.
WINDOW_SECONDS, HOP_SECONDS = 120, 15


class MuQAdapter(NeuralAdapter):
    """Embeds windows of 120 s, each the mean of twelve clips, computing each distinct clip once; has a text tower."""

    rate: ClassVar[int] = 24000
    working_share: ClassVar[float] = 0.25
    source = SOURCE
    _engine: MuQEngine | None = None

    @property
    def files(self) -> Sequence[Path]:
        files = find_files(self.settings.checkpoints)
        return files.mulan, files.muq, files.roberta, files.tokenizer, files.weights

    @property
    def method(self) -> str:
        return f"{WINDOW_SECONDS}s+{HOP_SECONDS}s"

    def _load(self) -> int:
        from workers.models.muq.engine import MuQEngine
        from workers.models.muq.load import load_mulan

        model = load_mulan(find_files(self.settings.checkpoints))
        if model.config.mel.rate != self.rate:
            raise ModelUnavailable(f"the configuration asks for {model.config.mel.rate} Hz, not {self.rate}")
        windowing = Windowing(WINDOW_SECONDS * self.rate, HOP_SECONDS * self.rate, model.config.clip)
        self._engine = MuQEngine(model, windowing, self.device, compiled=self.settings.torch_compile)
        return model.config.latent

    def _tune(self) -> None:
        self.engine.tune()

    def unload(self) -> None:
        self._engine = None
        super().unload()

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        return self.engine.tracks.embed(recordings, self.dim)

    def text_side(self) -> TextSide:
        """The text tower, or a trained projection if there is one among the checkpoints."""
        side = super().text_side()
        if side.status == "available":
            return side
        try:
            self.check()
        except ModelUnavailable as error:
            return TextSide("unavailable", error.message)
        return TextSide("available")

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        if self._projection is not None:
            return super().embed_text(texts)
        return self._padded(np.concatenate([self.engine.text(text) for text in texts]))

    @property
    def engine(self) -> MuQEngine:
        """The loaded model. Raises `ModelUnavailable`."""
        if self._engine is None:
            raise ModelUnavailable("muq is not loaded")
        return self._engine
