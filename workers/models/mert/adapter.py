"""The adapter of MERT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from broker.vectors import Vectors
from contract.errors import ModelUnavailable
from workers.models.adapter import Recording
from workers.models.mert.files import SOURCE, find_files
from workers.models.neural.adapter import NeuralAdapter
from workers.models.neural.clips import Windowing

if TYPE_CHECKING:
    from workers.models.neural.inference import Inference
    from workers.models.neural.tracks import TrackBatches

#: Seconds per window. The hop is `SONICMESH_MERT_HOP_S`; the published value is 5.
WINDOW_SECONDS: Final = 30


class MertAdapter(NeuralAdapter):
    """Embeds windows of 30 s as the means over time of all layers."""

    rate: ClassVar[int] = 24000
    working_share: ClassVar[float] = 1.0
    source = SOURCE
    _inference: Inference | None = None
    _tracks: TrackBatches | None = None

    @property
    def files(self) -> Sequence[Path]:
        files = find_files(self.settings.checkpoints)
        return files.config, files.preprocessor, files.weights

    @property
    def method(self) -> str:
        return f"{WINDOW_SECONDS}s+{self.settings.mert_hop_seconds:g}s"

    @property
    def windowing(self) -> Windowing:
        """A window is one clip: normalisation and attention see all of it, so windows cannot share clips."""
        window = WINDOW_SECONDS * self.rate
        return Windowing(window, round(self.settings.mert_hop_seconds * self.rate), window)

    def _load(self) -> int:
        from workers.models.mert.model import load_mert
        from workers.models.neural.inference import Inference
        from workers.models.neural.tracks import TrackBatches

        model = load_mert(find_files(self.settings.checkpoints), self.rate)
        self._inference = Inference(model.to(self.device), self.device, compiled=self.settings.torch_compile)
        self._tracks = TrackBatches(self.windowing, self._inference)
        return model.dimension

    def _tune(self) -> None:
        if self._inference is not None:
            self._inference.tune(WINDOW_SECONDS * self.rate)

    def unload(self) -> None:
        self._inference = self._tracks = None
        super().unload()

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        if self._tracks is None:
            raise ModelUnavailable("mert is not loaded")
        return self._tracks.embed(recordings, self.dim)
