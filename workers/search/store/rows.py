"""A row of the store: what is kept of a track beside its vector."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from heapq import nsmallest
from typing import Any

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.errors import InvalidRequest

#: Longest id in characters; Navidrome's are 22 or 32.
MAX_ID = 512
#: Titles and artists are cut to so many characters: they explain a result, they do not identify it.
MAX_TAG = 1024

IDS = ("track_id", "artist_id", "album_id", "audio_id", "model_id")
TAGS = ("title", "artist")
#: A vector whose length is this close to 1 is taken as it is: scaled again, it would differ in the last bit each time.
UNIT_TOLERANCE = 2e-6


@dataclass(frozen=True, slots=True)
class Row:
    """A track as the store knows it. `duration` in seconds, `embedded_at` in unix seconds."""

    track_id: str
    library_id: int = 0
    artist_id: str = ""
    album_id: str = ""
    audio_id: str = ""
    duration: float = 0.0
    model_id: str = ""
    embedded_at: float = 0.0
    title: str = ""
    artist: str = ""

    def to_wire(self) -> dict[str, Any]:
        """The row as a map."""
        return asdict(self)


def precedence(row: Row) -> tuple[str, int, str, str, str, float, str]:
    """Sorts rows that are equally good: by what they are, not by where the store has them or by ids that may change.

    By audio, library and tags; the id decides only between files of the same library, tags and audio.
    """
    return row.audio_id, row.library_id, row.artist, row.title, row.album_id, row.duration, row.track_id


def drawn(rows: Sequence[Row], count: int, seed: int) -> npt.NDArray[np.int64]:
    """Positions of at most `count` rows, drawn evenly: the same ones in the same order wherever the store has them.

    By a hash of the audio, which stays when ids change.
    """
    key = seed.to_bytes(8, "little", signed=True)
    lots = [blake2b((row.audio_id or row.track_id).encode(), key=key, digest_size=8).digest() for row in rows]
    order = nsmallest(count, range(len(rows)), key=lambda place: (lots[place], precedence(rows[place])))
    return np.array(order, np.int64)


FIELDS = tuple(field.name for field in fields(Row))


def row_from_wire(value: Any, where: str) -> Row:
    """The row of a map; absent fields and None mean empty. Raises `InvalidRequest` with the field's path."""
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{where}: a map is expected, not {type(value).__name__}", {"field": where})
    known = {name: value[name] for name in FIELDS if value.get(name) is not None}
    for name in (*IDS, *TAGS):
        text = known.get(name, "")
        if not isinstance(text, str) or (name in IDS and len(text) > MAX_ID):
            raise _invalid(where, name, f"a string of at most {MAX_ID} characters")
        if name in TAGS:
            known[name] = text[:MAX_TAG]
    if not known.get("track_id"):
        raise _invalid(where, "track_id", "a non-empty string")
    for name, kind in (("library_id", int), ("duration", float), ("embedded_at", float)):
        known[name] = _number(known.get(name, 0), kind, where, name)
    return Row(**known)


def _number(value: Any, kind: type[int] | type[float], where: str, name: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _invalid(where, name, "a finite number")
    return kind(value)


def _invalid(where: str, name: str, expected: str) -> InvalidRequest:
    return InvalidRequest(f"{where}.{name}: {expected} is expected", {"field": f"{where}.{name}"})


def check_vectors(vectors: Vectors, rows: int, where: str = "vectors") -> Vectors:
    """`vectors` as float32 [rows, dim]. Raises `InvalidRequest` for NaN, infinity, zero vectors and another count.

    The embedded store would take all of these silently, and a single NaN spoils every later distance.
    """
    array = np.asarray(vectors, dtype=np.float32)
    if array.ndim != 2 or len(array) != rows:
        raise InvalidRequest(f"{where}: {rows} vectors are expected, not an array of shape {array.shape}")
    if not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise InvalidRequest(f"{where}[{bad}] has NaN or infinite values", {"field": f"{where}[{bad}]"})
    norms = np.linalg.norm(array, axis=1)
    if not np.all((norms > 0) & np.isfinite(norms)):
        bad = int(np.flatnonzero(~((norms > 0) & np.isfinite(norms)))[0])
        raise InvalidRequest(f"{where}[{bad}] has no usable length: {norms[bad]}", {"field": f"{where}[{bad}]"})
    return array


def unit(vectors: Vectors) -> Vectors:
    """[n, dim] vectors scaled to length 1; none may be zero. Those of length 1 stay the same bit for bit."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[np.abs(lengths - 1) <= UNIT_TOLERANCE] = 1
    scaled: Vectors = vectors / lengths
    return scaled


def last_of_each(rows: Sequence[Row]) -> list[int]:
    """Positions of the last row of each track id, in order: within one write the last one counts."""
    return sorted({row.track_id: position for position, row in enumerate(rows)}.values())
