"""What the adapters of the neural models have in common: packages, files, memory, recordings, texts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelUnavailable, TextUnavailable
from workers.models.adapter import Adapter, Recording, TextSide
from workers.models.device import gpu_expected
from workers.models.neural.listening import open_recording
from workers.models.neural.packages import require_packages
from workers.models.neural.source import fingerprint

if TYPE_CHECKING:
    from workers.models.spec import ModelSpec
    from workers.models.text.projection import TextProjection
    from workers.runtime.settings import WorkerSettings

#: What every neural model imports; `make models` installs it.
PACKAGES = ("torch", "safetensors", "transformers", "tokenizers", "huggingface_hub")
#: Enrichment makes this many numbers of each dimension of a window.
ENRICHED_PARTS = 3
#: Tracks that share batches on a GPU. On a CPU one track fills them, and others need not wait for it.
TRACKS_ON_GPU = 4


class NeuralAdapter(Adapter):
    """A model whose weights are files. Torch is imported when it is loaded, not before."""

    #: Hz and channels that the model listens to.
    rate: ClassVar[int]
    channels: ClassVar[int] = 1
    #: Working space as a multiple of the weights, measured at the published size on a CPU.
    working_share: ClassVar[float]
    #: More packages than all neural models need.
    packages: ClassVar[tuple[str, ...]] = ()

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        super().__init__(spec, settings)
        self.batch = TRACKS_ON_GPU if gpu_expected(settings) else 1
        self._measured = 0
        self._projection: TextProjection | None = None
        self._text_reason = ""

    @property
    @abstractmethod
    def files(self) -> Sequence[Path]:
        """The files that make the model what it is, weights last. Raises `ModelUnavailable` where one is missing."""

    @property
    @abstractmethod
    def method(self) -> str:
        """How vectors are made of the model's outputs, as a part of `model_id`: windows, hop."""

    @abstractmethod
    def _load(self) -> int:
        """Load onto `device`; returns the length of a vector before enrichment."""

    @abstractmethod
    def _tune(self) -> None:
        """Warm up and choose the size of batches."""

    @property
    def dim(self) -> int:
        return self._dim or self.spec.dimension

    _dim = 0
    #: What was loaded, whatever happens to the files later; "" before.
    _loaded_id = ""

    @property
    def model_id(self) -> str:
        if self._loaded_id:
            return self._loaded_id
        try:
            return f"{self.spec.name}/{fingerprint(self.files)}/{self.method}"
        except (ModelUnavailable, OSError):
            return ""

    @property
    def needs_bytes(self) -> int:
        """What was measured (GPU), or weights and working space in proportion."""
        if self._measured:
            return self._measured
        return int(self.files[-1].stat().st_size * (1 + self.working_share))

    @property
    def projection_file(self) -> Path:
        """Where a trained text projection is looked for."""
        return self.settings.checkpoints / f"{self.spec.name}_best_r1.pt"

    def check(self) -> None:
        require_packages(self.spec.name, PACKAGES + self.packages)
        _ = self.files

    def load(self) -> None:
        from workers.models.neural.device import limit_threads, start_measuring

        limit_threads(self.settings)
        start_measuring(self.device)
        before = self.model_id
        base = self._load()
        self._loaded_id = before
        self._dim = ENRICHED_PARTS * base
        if self.projection_file.is_file():
            self._load_projection(base)

    def _load_projection(self, base: int) -> None:
        """One that was trained for other vectors costs the texts, not the audio, which must be embedded anew first."""
        from workers.models.text.projection import load_projection

        self._text_reason = ""
        try:
            self._projection = load_projection(self.projection_file, base, self._dim, self.device, self.model_id)
        except TextUnavailable as error:
            self._text_reason = error.message

    def warm_up(self) -> None:
        from workers.models.neural.device import measured_bytes

        self._tune()
        self._measured = measured_bytes(self.device)

    def unload(self) -> None:
        self._projection, self._text_reason = None, ""
        self._measured, self._loaded_id = 0, ""

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        return open_recording(path, duration, self.rate, self.channels)

    def text_side(self) -> TextSide:
        """A trained projection where one is there; models with a text tower of their own say more."""
        if self.projection_file.is_file():
            return TextSide("unavailable", self._text_reason) if self._text_reason else TextSide("available")
        return TextSide(
            "unavailable",
            f"{self.spec.name} has no text tower; `sonicmesh train-text {self.spec.name}` gives it the words of your "
            f"tags, as {self.projection_file}",
        )

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        if self._projection is None:
            return super().embed_text(texts)
        return self._padded(self._projection.embed(texts))

    def _padded(self, vectors: Vectors) -> Vectors:
        """Zeros behind vectors that live in the space of one window: their cosine ranks by the mean part."""
        return np.pad(vectors, ((0, 0), (0, self.dim - vectors.shape[1])))
