"""What the mesh must know about an embedding model, even while it does not run."""

from __future__ import annotations

from dataclasses import dataclass

from contract.embedding import embedding_service


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model.

    `dimension` is the length of the published checkpoint's vectors at the API, `base_dimension` that of one window
    before enrichment. `collection` holds the vectors in the store. `text` says whether the model has its own text side,
    `torch` whether it runs on `TEXT_EMBEDDING_DEVICE`; others run on the CPU. `adapter` is `module:Class`, imported
    late.
    """

    name: str
    dimension: int
    collection: str
    adapter: str
    license: str
    description: str
    text: bool = False
    torch: bool = False
    base_dimension: int = 0

    @property
    def service(self) -> str:
        """The model's service on the broker."""
        return embedding_service(self.name)
