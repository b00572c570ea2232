"""The text side of a model that computes without torch: imported and loaded when a text is asked for, not before."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from broker.vectors import Vectors
from contract.errors import TextUnavailable
from workers.models.adapter import TextSide

if TYPE_CHECKING:
    from workers.models.text.projection import TextProjection
    from workers.runtime.settings import WorkerSettings

#: What text encoders need; `make models` installs it.
PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "huggingface_hub")


class TrainedText:
    """What `sonicmesh train-text` made for `model`, if anything."""

    def __init__(self, model: str, settings: WorkerSettings) -> None:
        self._model = model
        self._settings = settings
        self._projection: TextProjection | None = None

    @property
    def file(self) -> Path:
        """Where the projection is looked for."""
        return self._settings.checkpoints / f"{self._model}_best_r1.pt"

    def side(self) -> TextSide:
        """Whether `embed` can work; costs no import of torch."""
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
        """float32 [n, dim], unit length. Raises `TextUnavailable`, also where the file is for other vectors, and
        `ModelUnavailable` where it cannot be read.
        """
        if self._projection is None:
            self._projection = self._load(dim, model_id, device)
        return self._projection.embed(texts)

    def forget(self) -> None:
        """Let go of the weights; the next text reads the file again."""
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
    """Those of `PACKAGES` that are not installed; none of them is imported."""
    return [name for name in PACKAGES if find_spec(name) is None]
