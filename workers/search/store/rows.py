"""A row of the store: what is kept of a track beside its vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from hashlib import blake2b
from heapq import nsmallest
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.errors import InvalidRequest
from contract.reading import Mismatch, read
from contract.search import Row

FIELDS: Final = tuple(field.name for field in fields(Row))
#: A vector whose length is this close to 1 is kept as it is: rescaling would change its last bit each time.
UNIT_TOLERANCE: Final = 2e-6


def precedence(row: Row) -> tuple[str, int, str, str, str, float, str]:
    """Sort key for equally good rows that ignores where they are stored and avoids ids, which may change.

    Orders by audio, library and tags; the id decides only between files with the same library, tags and audio.
    """
    return row.audio_id, row.library_id, row.artist, row.title, row.album_id, row.duration, row.track_id


def drawn(rows: Sequence[Row], count: int, seed: int) -> npt.NDArray[np.int64]:
    """Positions of at most `count` rows, drawn evenly: the same rows in the same order wherever they are stored.

    Uses a hash of the audio, which stays the same when ids change.
    """
    key = seed.to_bytes(8, "little", signed=True)
    lots = [blake2b((row.audio_id or row.track_id).encode(), key=key, digest_size=8).digest() for row in rows]
    order = nsmallest(count, range(len(rows)), key=lambda place: (lots[place], precedence(rows[place])))
    return np.array(order, np.int64)


def row_from_wire(value: Any, where: str) -> Row:
    """Parse the row from a map. Raises `InvalidRequest` with the field's path below `where`."""
    try:
        return read(Row, value)
    except Mismatch as error:
        field = f"{where}.{error.field}" if error.field else where
        raise InvalidRequest(f"{field}: {error.reason}", {"field": field}) from None


def check_vectors(vectors: Vectors, rows: int, where: str = "vectors") -> Vectors:
    """Returns `vectors` as float32 [rows, dim]. Raises `InvalidRequest` for NaN, infinity, zeros or a wrong count.

    The embedded store would silently accept all of these, and a single NaN spoils every later distance.
    """
    array = np.asarray(vectors, dtype=np.float32)
    if array.ndim != 2 or len(array) != rows:
        raise InvalidRequest(f"{where}: {rows} vectors expected, not an array of shape {array.shape}")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise InvalidRequest(f"{where}[{bad}] has NaN or infinite values", {"field": f"{where}[{bad}]"})
    norms = np.linalg.norm(array, axis=1)
    if not np.all((norms > 0) & np.isfinite(norms)):
        bad = int(np.flatnonzero(~((norms > 0) & np.isfinite(norms)))[0])
        raise InvalidRequest(f"{where}[{bad}] has no usable length: {norms[bad]}", {"field": f"{where}[{bad}]"})
    return array


def unit(vectors: Vectors) -> Vectors:
    """[n, dim] vectors scaled to length 1; none may be zero. Vectors of length 1 stay bit-identical."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[np.abs(lengths - 1) <= UNIT_TOLERANCE] = 1
    scaled: Vectors = vectors / lengths
    return scaled


def last_of_each(rows: Sequence[Row]) -> list[int]:
    """Positions of the last row of each track id, in order: within one write the last row wins."""
    return sorted({row.track_id: position for position, row in enumerate(rows)}.values())
