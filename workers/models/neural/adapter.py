"""What adapters of neural models share: packages, files, memory, recordings, texts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelUnavailable, TextUnavailable
from workers.models.adapter import Adapter, Recording, TextSide
from workers.models.device import gpu_expected
from workers.models.neural.packages import require_packages
from workers.models.neural.source import fingerprint
from workers.models.neural.streamed_track import open_recording

if TYPE_CHECKING:
    from workers.models.spec import ModelSpec
    from workers.models.text.projection import TextProjection
    from workers.runtime.settings import WorkerSettings

#: Packages that every neural model imports; `make models` installs them.
PACKAGES: Final = ("torch", "safetensors", "transformers", "tokenizers", "huggingface_hub")
#: Enrichment makes this many numbers from each dimension of a window.
ENRICHED_PARTS: Final = 3
#: Tracks that share batches on a GPU. On a CPU, one track fills a batch, and sharing would only delay tracks.
TRACKS_ON_GPU: Final = 4


class NeuralAdapter(Adapter):
    """A model whose weights are files. Imports torch on loading, not earlier."""

    #: Sample rate in Hz and channels that the model takes.
    rate: ClassVar[int]
    channels: ClassVar[int] = 1
    #: Working space as a multiple of the weights, measured at the published size on a CPU.
    working_share: ClassVar[float]
    #: Packages beyond those that all neural models need.
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
        """The files that define the model, weights last. Raises `ModelUnavailable` if one is missing."""

    @property
    @abstractmethod
    def method(self) -> str:
        """How vectors are made from the model's outputs (windows, hop), as part of `model_id`."""

    @abstractmethod
    def _load(self) -> int:
        """Load onto `device`, and return the length of a vector before enrichment."""

    @abstractmethod
    def _tune(self) -> None:
        """Warm up and choose the batch size."""

    @property
    def dim(self) -> int:
        return self._dim or self.spec.dimension

    _dim = 0
    #: The model id of what was loaded, whatever happens to the files later; "" before loading.
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
        """Bytes measured on a GPU, or the size of the weights plus a proportional working space."""
        if self._measured:
            return self._measured
        return int(self.files[-1].stat().st_size * (1 + self.working_share))

    @property
    def projection_file(self) -> Path:
        """Path of a trained text projection, which may not exist."""
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
        """Load the projection. One for other vectors disables only text: retraining needs embedded audio first."""
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
        """A trained projection, if there is one; models with their own text tower override this."""
        if self.projection_file.is_file():
            return TextSide("unavailable", self._text_reason) if self._text_reason else TextSide("available")
        return TextSide(
            "unavailable",
            f"{self.spec.name} has no text tower; `sonicmesh train-text {self.spec.name}` teaches it "
            f"the words of your tags and writes {self.projection_file}",
        )

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        if self._projection is None:
            return super().embed_text(texts)
        return self._padded(self._projection.embed(texts))

    def _padded(self, vectors: Vectors) -> Vectors:
        """Append zeros to vectors in the space of a single window, so that cosines use only the mean part."""
        return np.pad(vectors, ((0, 0), (0, self.dim - vectors.shape[1])))
