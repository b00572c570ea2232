"""Stubs for text vectors, to try out the rest without a text model. Used only if `TEXT_EMBEDDING_USE_STUBS` is set."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from broker.vectors import Vectors


def stub_text(texts: Sequence[str], dim: int) -> Vectors:
    """Return float32 [n, dim] of unit length: meaningless, but always the same for the same text."""
    rows = np.empty((len(texts), dim), np.float32)
    for n, text in enumerate(texts):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
        row = np.random.default_rng(seed).standard_normal(dim, np.float32)
        rows[n] = row / np.linalg.norm(row)
    return rows
