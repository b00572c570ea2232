"""A worker's READY map, checked field by field: the broker keeps only fields that make sense.

Other processes read it in `mmi.workers` and in messages, so a host name with a line break or memory as text is dropped.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import zmq

from broker import wire
from broker.services import RegisteredWorker, decode_name
from contract.shallow import is_shallow
from contract.text import terminal

log = logging.getLogger(__name__)

#: Largest credit that a worker may ask for.
MAX_CREDIT: Final = 10_000
#: Deepest nesting of maps and lists in a READY map.
MAX_INFO_DEPTH: Final = 8
#: Longest text in a field, in characters; field names are shorter.
MAX_TEXT: Final = 1024
MAX_FIELD: Final = 64
#: Most rejected fields that the log names.
MAX_TOLD: Final = 10


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and terminal(value) == value


def _is_worker_name(value: Any) -> bool:
    return isinstance(value, str) and decode_name(value.encode()) is not None


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_plain(value: Any) -> bool:
    """Returns whether JSON can express the value without control characters."""
    if isinstance(value, dict):
        return all(_is_text(key) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int)


#: Checks of the fields that other processes rely on.
FIELDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "credit": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "urgent": _is_whole,
    "worker": _is_worker_name,
    "service": _is_text,
    "model": lambda value: value is None or _is_text(value),
    "device": lambda value: value is None or _is_text(value),
    "host": _is_text,
    "reason": lambda value: value is None or _is_text(value),
    "state": _is_text,
    "pid": _is_whole,
    "version": lambda value: _is_whole(value) or _is_text(value),
    "memory_bytes": _is_whole,
    "loaded": _is_flag,
}


def read_info(frame: zmq.Frame) -> dict[str, Any] | None:
    """Returns the map of a READY frame, or None if it is not a map or is nested too deep to pass on."""
    try:
        info = wire.unpack_map(frame.buffer, wire.MAX_HEADER_BYTES, any_keys=True)
    except wire.WireError:
        return None
    return info if is_shallow(info, MAX_INFO_DEPTH) else None


def describe(worker: RegisteredWorker, info: Mapping[Any, Any]) -> None:
    """Store a worker's READY map; without a credit in it, the worker has credit 1."""
    sensible = {field: value for field, value in info.items() if _makes_sense(field, value)}
    worker.ours = True
    worker.info = sensible
    worker.credit = min(max(sensible.get("credit", 1), 0), MAX_CREDIT)
    worker.urgent = min(sensible.get("urgent", 0), MAX_CREDIT)
    worker.name = sensible.get("worker", worker.name)


def tell_nonsense(worker: RegisteredWorker, info: Mapping[Any, Any]) -> None:
    """Log once which fields of a worker's READY map were dropped."""
    kept = worker.info
    nonsense = tuple(terminal(field)[:MAX_FIELD] for field in info if field not in kept)
    if nonsense and not worker.nonsense:
        names = ", ".join(nonsense[:MAX_TOLD])
        log.warning("worker %s: ignored unusable fields of its READY map: %s", worker.name, names)
    worker.nonsense = nonsense


def _makes_sense(field: Any, value: Any) -> bool:
    if not isinstance(field, str) or not field.isprintable() or len(field) > MAX_FIELD:
        return False
    return FIELDS.get(field, _is_plain)(value)
