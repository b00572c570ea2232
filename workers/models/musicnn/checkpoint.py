"""Read a TensorFlow checkpoint without TensorFlow: the index (an SSTable of BundleEntryProto) and the raw data.

Refuses anything but the published file, because wrong weights would still give plausible vectors.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from contract.errors import ModelUnavailable
from workers.models.musicnn.layout import VARIABLES, Array
from workers.models.musicnn.locations import DATA, INDEX

#: sha256 of the published data, by tagger.
PUBLISHED: Final = {
    "msd": "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
    "mtt": "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
}
#: The number of `DT_FLOAT` in a BundleEntryProto, and the bytes of a float.
FLOAT, FLOAT_BYTES = 1, 4
#: The end of an SSTable: two block handles, padded to 40 bytes, and this number.
MAGIC: Final = 0xDB4775248B80FB57
FOOTER: Final = 48


class Variable(NamedTuple):
    """The type, shape and position of a variable in the data; `offset` and `size` are in bytes."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


def read(folder: Path, tagger: str) -> dict[str, Array]:
    """Return the variables that inference needs, by name, without those of the optimiser.

    Raises `ModelUnavailable` if a file is missing, damaged or not the published one.
    """
    try:
        entries = index(memoryview((folder / INDEX).read_bytes()))
        data = (folder / DATA).read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"the weights of musicnn cannot be read: {error}") from error
    except (ValueError, IndexError) as error:
        raise ModelUnavailable(f"{folder / INDEX} is damaged: {error}; reinstall the musicnn wheel") from error
    if hashlib.sha256(data).hexdigest() != PUBLISHED[tagger]:
        raise ModelUnavailable(f"{folder / DATA} is not the published file; reinstall the musicnn wheel")
    return {name: _variable(name, entries, data) for name in VARIABLES}


def _variable(name: str, entries: Mapping[str, Variable], data: bytes) -> Array:
    shape, entry = VARIABLES[name], entries.get(name)
    size = math.prod(shape) * FLOAT_BYTES
    if entry is None or entry[:3] != (FLOAT, shape, 0) or entry.size != size or entry.offset + size > len(data):
        raise ModelUnavailable(f"musicnn's weights have no {name} of shape {list(shape)}; reinstall the wheel")
    return np.frombuffer(data, "<f4", math.prod(shape), entry.offset).reshape(shape).astype(np.float32)


def index(table: memoryview) -> dict[str, Variable]:
    """Return entries by name. Raises `ValueError` or `IndexError` for anything but an uncompressed table of them."""
    if len(table) < FOOTER or int.from_bytes(table[-8:], "little") != MAGIC:
        raise ValueError("it lacks the footer of a table")
    footer = table[-FOOTER:]
    _, at = _varint(footer, 0)
    _, at = _varint(footer, at)
    start, at = _varint(footer, at)
    size, _ = _varint(footer, at)
    variables: dict[str, Variable] = {}
    for _, handle in _block(table, start, size):
        block_start, at = _varint(handle, 0)
        block_size, _ = _varint(handle, at)
        variables |= {key.decode(): _entry(value) for key, value in _block(table, block_start, block_size) if key}
    return variables


def _block(table: memoryview, start: int, size: int) -> Iterator[tuple[bytes, memoryview]]:
    """Yield keys and values; a stored key omits the prefix that it shares with the previous one."""
    if start + size >= len(table) or table[start + size] != 0:
        raise ValueError("a block is compressed or cut off")
    block = table[start : start + size]
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")  # restart points
    key, at = b"", 0
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        if shared > len(key) or at + own + length > end:
            raise ValueError("an entry extends beyond its block")
        key = key[:shared] + bytes(block[at : at + own])
        at += own
        yield key, block[at : at + length]
        at += length


def _entry(message: memoryview) -> Variable:
    """Parse a BundleEntryProto: dtype 1, shape 2, shard 3, offset 4, size 5. The file's sha256 replaces checksum 6."""
    numbers = {number: value for number, value in _fields(message) if isinstance(value, int)}
    shapes = [value for number, value in _fields(message) if number == 2 and isinstance(value, memoryview)]
    shape = tuple(
        _size(dimension) for shape_field in shapes for number, dimension in _fields(shape_field) if number == 2
    )
    return Variable(numbers.get(1, 0), shape, numbers.get(3, 0), numbers.get(4, 0), numbers.get(5, 0))


def _size(dimension: int | memoryview) -> int:
    if isinstance(dimension, int):
        raise ValueError("a shape is not a message")
    return next((value for number, value in _fields(dimension) if number == 1 and isinstance(value, int)), 0)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield numbers and values of a protocol buffer's fields: varints, length-delimited, 32 bits."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind, length = tag & 7, 4
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind != 5:
            raise ValueError(f"a field of unknown kind {kind}")
        if at + length > len(message):
            raise ValueError("a field extends beyond its message")
        yield tag >> 3, message[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return the number at `at`, seven bits per byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
