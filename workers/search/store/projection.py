"""The seeded projection that makes vectors of 76,800 values storable.

A subsampled randomised Hadamard transform: random signs, a fast Walsh-Hadamard transform on the next power of two (2^17
for MERT), and a seeded choice of rows. It is orthonormal before the choice, so inner products are preserved in the mean
and within about sqrt(2 / rows) (Ailon & Chazelle, "The fast Johnson-Lindenstrauss transform", 2009; Tropp, "Improved
analysis of the subsampled randomized Hadamard transform", 2011). It needs no matrix, and every host computes the same
vectors: signs and rows come from SHA-256 in counter mode, not from a library's random numbers.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors

#: Changes whenever the projected vectors would; stored vectors of another version must be recomputed.
VERSION: Final = "sonicmesh-projection-1"
#: Rows projected at once: 64 MERT vectors padded to 2^17 float32 are 32 MiB.
BLOCK: Final = 64


def project(vectors: Vectors, dimension: int) -> Vectors:
    """Project [n, dim] vectors to [n, dimension] float32; unchanged if they are no longer than `dimension`."""
    length = vectors.shape[1]
    if length <= dimension:
        return vectors
    blocks = [_project(vectors[start : start + BLOCK], dimension) for start in range(0, len(vectors), BLOCK)]
    return np.concatenate(blocks) if blocks else np.zeros((0, dimension), np.float32)


def _project(vectors: Vectors, dimension: int) -> Vectors:
    length = vectors.shape[1]
    size = 1 << (length - 1).bit_length()
    padded = np.zeros((len(vectors), size), np.float32)
    np.multiply(vectors, _signs(length), out=padded[:, :length])
    transform(padded)
    # The transform scales by sqrt(size); choosing `dimension` rows keeps dimension / size of the squared length.
    chosen: Vectors = padded[:, _rows(size)[:dimension]]
    chosen /= math.sqrt(dimension)
    return chosen


def unproject(vectors: Vectors, length: int) -> Vectors:
    """[n, dimension] -> [n, length] float32: the transposed projection, unchanged if nothing was projected."""
    dimension = vectors.shape[1]
    if length <= dimension:
        return vectors
    blocks = [_unproject(vectors[start : start + BLOCK], length) for start in range(0, len(vectors), BLOCK)]
    return np.concatenate(blocks) if blocks else np.zeros((0, length), np.float32)


def _unproject(vectors: Vectors, length: int) -> Vectors:
    size = 1 << (length - 1).bit_length()
    padded = np.zeros((len(vectors), size), np.float32)
    padded[:, _rows(size)[: vectors.shape[1]]] = vectors
    transform(padded)
    lifted: Vectors = padded[:, :length] * _signs(length)
    lifted /= math.sqrt(vectors.shape[1])
    return lifted


def transform(vectors: Vectors) -> None:
    """The Walsh-Hadamard transform of each row, unscaled and in place; the row length is a power of two."""
    count, size = vectors.shape
    half = 1
    while half < size:
        pairs = vectors.reshape(count, size // (2 * half), 2, half)
        upper, lower = pairs[:, :, 0], pairs[:, :, 1]
        upper += lower
        # Here upper is a + b and lower is still b: a - b = (a + b) - 2b.
        lower *= -2
        lower += upper
        half *= 2


def _stream(purpose: str, count: int) -> npt.NDArray[np.uint64]:
    """`count` numbers of 64 bits: SHA-256 of version, purpose and a counter, four to a digest, little-endian."""
    digests = (
        hashlib.sha256(f"{VERSION}:{purpose}:{counter}".encode()).digest() for counter in range((count + 3) // 4)
    )
    return np.frombuffer(b"".join(digests), dtype="<u8")[:count].astype(np.uint64)


@lru_cache(maxsize=4)
def _signs(length: int) -> Vectors:
    bits = np.unpackbits(_stream(f"signs-{length}", (length + 63) // 64).astype("<u8").view(np.uint8))[:length]
    signs: Vectors = (1 - 2 * bits.astype(np.float32)).astype(np.float32)
    return signs


@lru_cache(maxsize=4)
def _rows(size: int) -> npt.NDArray[np.intp]:
    """A permutation of the rows: a smaller stored dimension is a prefix of a larger one."""
    return np.argsort(_stream(f"rows-{size}", size), kind="stable")
