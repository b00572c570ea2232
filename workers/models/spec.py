"""What the mesh must know of an embedding model, also while it does not run."""

from __future__ import annotations

from dataclasses import dataclass

from contract.embedding import embedding_service


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model.

    `dimension` is that of the published checkpoint at the API; `base_dimension` that of one window before enrichment.
    `collection` holds its vectors in the store. `text`: whether the model itself has a text side. `torch`: whether it
    runs where `TEXT_EMBEDDING_DEVICE` says; others run on the CPU. `adapter` is `module:Class`, imported late.
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
