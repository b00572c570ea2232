"""Reads messages as they enter a process: a map becomes a typed message, or an error that names the field.

pydantic does the checking. The first message read imports it, so the broker, which reads none, does without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from contract.errors import BadAnswer, InvalidRequest

T = TypeVar("T")

#: Longest field path that an error repeats, in characters.
MAX_PATH: Final = 200
UNKNOWN: Final = "unknown field"


class Mismatch(ValueError):
    """A value that does not fit the expected type. `field` is its path, `reason` what is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


def read(kind: type[T], value: Any) -> T:
    """Converts `value` (maps and lists) to a `kind`. Raises `Mismatch` with the first bad field."""
    try:
        typed: T = check(kind)(value)
    except ValueError as error:  # pydantic's `ValidationError`
        raise _mismatch(error) from None
    return typed


def _mismatch(error: Any) -> Mismatch:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(map(str, first["loc"]))[:MAX_PATH]
    unknown = first["type"] == "unexpected_keyword_argument"
    return Mismatch(path, UNKNOWN if unknown else first["msg"].removeprefix("Value error, "))


def read_request(kind: type[T], params: Mapping[str, Any]) -> T:
    """Reads the params of a call. Raises `InvalidRequest` with the first bad field's path."""
    try:
        return read(kind, params)
    except Mismatch as error:
        raise InvalidRequest(str(error), {"field": error.field}) from None


def read_reply(kind: type[T], result: Mapping[str, Any], service: str, op: str) -> T:
    """Reads the result of a call. Raises `BadAnswer` if it does not fit: a worker may be third-party code."""
    try:
        return read(kind, result)
    except Mismatch as error:
        raise bad_answer(service, op, str(error)) from None


def bad_answer(service: str, op: str, fault: str) -> BadAnswer:
    """Returns the error for a malformed reply."""
    return BadAnswer(f"{service} sent an invalid reply to {op}: {fault}", {"op": op})


def check(kind: type[T]) -> Callable[[Any], T]:
    """Returns pydantic's check of a type, which raises its `ValidationError`."""
    return _CHECKS.get(kind) or _made(kind)


_CHECKS: Final[dict[Any, Callable[[Any], Any]]] = {}
"""pydantic's check of each type that has been read: calling it through its `TypeAdapter` costs as much as the check."""


def _made(kind: type[Any]) -> Callable[[Any], Any]:
    found: Callable[[Any], Any] = adapter(kind).validator.validate_python
    _CHECKS[kind] = found
    return found


_ADAPTERS: Final[dict[Any, Any]] = {}
"""A validator per type, made when the type is first read."""


def adapter(kind: type[Any]) -> Any:
    """Returns pydantic's `TypeAdapter` for a type, made once."""
    cached = _ADAPTERS.get(kind)
    if cached is None:
        from pydantic import TypeAdapter

        cached = _ADAPTERS[kind] = TypeAdapter(kind)
    return cached
