"""Vectors of the mesh as Python floats."""

from __future__ import annotations

import sys
from array import array


def numbers(vector: bytes | memoryview) -> list[float]:
    """Return little-endian float32 numbers as floats, without numpy, which would be a sixth of the gateway's memory."""
    found = array("f")
    found.frombytes(vector)
    if sys.byteorder == "big":
        found.byteswap()
    return found.tolist()
