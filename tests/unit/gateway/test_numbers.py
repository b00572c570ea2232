"""Vectors as floats."""

from __future__ import annotations

import struct

from gateway.numbers import numbers


def test_numbers_are_little_endian_floats_whatever_holds_them() -> None:
    packed = struct.pack("<3f", 0.5, -2.0, 1e6)

    for held in (packed, memoryview(packed)):
        assert numbers(held) == [0.5, -2.0, 1e6]
    assert numbers(packed[4:8]) == [-2.0]
