"""The vector of a text."""

from __future__ import annotations

from dataclasses import dataclass

from contract.warnings import Warned
from gateway.numbers import numbers


@dataclass(frozen=True, slots=True)
class TextVector:
    """The vector of a text: `vector` holds `dim` little-endian float32 numbers. `warnings`: what it does not hold."""

    vector: bytes
    dim: int
    model_id: str
    is_stub: bool
    warnings: tuple[Warned, ...] = ()

    def numbers(self) -> list[float]:
        """Return the vector as Python floats."""
        return numbers(self.vector)
