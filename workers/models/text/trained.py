"""The text side of a model that works without torch: imported and loaded only when a text has to be embedded."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from broker.vectors import Vectors
from contract.errors import TextUnavailable
from workers.models.adapter import TextSide

if TYPE_CHECKING:
    from workers.models.text.projection import TextProjection
    from workers.runtime.settings import WorkerSettings

#: Packages that text encoders need; `make models` installs them.
PACKAGES: Final = ("torch", "transformers", "tokenizers", "safetensors", "huggingface_hub")


class Texts(Protocol):
    """The text side of an adapter."""

    def side(self) -> TextSide: ...

    def embed(self, texts: Sequence[str], dim: int, model_id: str, device: str) -> Vectors: ...

    def forget(self) -> None: ...


class TrainedText:
    """The text projection that `sonicmesh train-text` made for `model`, if any."""

    def __init__(self, model: str, settings: WorkerSettings) -> None:
        self._model = model
        self._settings = settings
        self._projection: TextProjection | None = None

    @property
    def file(self) -> Path:
        """Path of the projection, which may not exist."""
        return self._settings.checkpoints / f"{self._model}_best_r1.pt"

    def side(self) -> TextSide:
        """Whether `embed` can work; does not import torch."""
        if not self.file.is_file():
            return TextSide(
                "unavailable",
                f"{self._model} does not know words yet; `sonicmesh train-text {self._model}` teaches it those of "
                f"your tags ({self.file})",
            )
        missing = missing_packages()
        if missing:
            return TextSide(
                "unavailable",
                f"the words of {self.file} need packages that are not installed ({', '.join(missing)}); `make models` "
                "installs them",
            )
        return TextSide("available")

    def embed(self, texts: Sequence[str], dim: int, model_id: str, device: str) -> Vectors:
        """Return float32 [n, dim] of unit length.

        Raises `TextUnavailable` if there is no projection or it is for other vectors, `ModelUnavailable` if it cannot
        be read.
        """
        if self._projection is None:
            self._projection = self._load(dim, model_id, device)
        return self._projection.embed(texts)

    def forget(self) -> None:
        """Release the weights; the next text reads the file again."""
        self._projection = None

    def _load(self, dim: int, model_id: str, device: str) -> TextProjection:
        side = self.side()
        if side.status != "available":
            raise TextUnavailable(side.reason)

        from workers.models.neural.device import limit_threads
        from workers.models.text.projection import load_projection

        limit_threads(self._settings)
        return load_projection(self.file, dim, dim, device, model_id)


def missing_packages() -> list[str]:
    """Return those of `PACKAGES` that are not installed, without importing any."""
    return [name for name in PACKAGES if find_spec(name) is None]
