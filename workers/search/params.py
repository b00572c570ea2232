"""Reading the params of a call: each helper returns the value or raises `InvalidRequest` that names the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.errors import InvalidRequest

Params = Mapping[str, Any]

#: Most ids or rows of one call.
MAX_ITEMS = 100_000


def optional_text(params: Params, name: str) -> str | None:
    """A string, or None where it is absent or null."""
    value = params.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _invalid(name, "a string")


def text(params: Params, name: str) -> str:
    """A non-empty string."""
    value = optional_text(params, name)
    if not value:
        raise _invalid(name, "a non-empty string")
    return value


def texts(params: Params, name: str) -> list[str]:
    """A list of strings; absent or null: empty."""
    value = _items(params, name)
    if not all(isinstance(item, str) for item in value):
        raise _invalid(name, "a list of strings")
    return value


def items(params: Params, name: str) -> list[Any]:
    """A list; absent or null: empty."""
    return _items(params, name)


def whole(params: Params, name: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number of least..most."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _invalid(name, f"a whole number of {least} to {most}")
    return value


def _items(params: Params, name: str) -> list[Any]:
    value = params.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
        raise _invalid(name, f"a list of at most {MAX_ITEMS}")
    return list(value)


def _invalid(name: str, expected: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: {expected} is expected", {"field": name})
