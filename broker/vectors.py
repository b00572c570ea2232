"""Vectors on the wire: raw little-endian float32, row-major, never lists."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from broker.wire import WireError
from contract.operation import Buffer

Vectors = npt.NDArray[np.float32]


def pack_vectors(vectors: Vectors) -> bytes:
    """Returns the bytes of an array of any shape; a copy, so the caller may reuse the array."""
    return np.ascontiguousarray(vectors, dtype="<f4").tobytes()


def unpack_vectors(blob: Buffer, dim: int) -> Vectors:
    """Returns [n, dim] float32, read-only, without a copy. Raises `WireError` if the bytes do not fill whole rows."""
    if dim <= 0 or len(blob) % (4 * dim):
        raise WireError(f"{len(blob)} bytes are not whole rows of {dim} float32")
    return np.frombuffer(blob, dtype="<f4").reshape(-1, dim)
