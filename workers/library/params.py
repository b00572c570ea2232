"""Reads the params of an operation; what is absent or null means its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.errors import InvalidRequest


class Params:
    """All methods raise `InvalidRequest` that names the field."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, field: str) -> str:
        """A string that must be there."""
        value = self._values.get(field)
        if not isinstance(value, str):
            raise _wrong(field, "a string")
        return value

    def optional_text(self, field: str) -> str | None:
        """A string, or None."""
        return None if self._values.get(field) is None else self.text(field)

    def optional_number(self, field: str, least: float, most: float) -> float | None:
        """A finite number within bounds, or None."""
        value = self._values.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise _wrong(field, f"a number from {least:g} to {most:g}")
        return float(value)

    def mapping(self, field: str) -> Mapping[str, Any]:
        """A map with names as keys, empty by default."""
        value = self._values.get(field)
        if value is None:
            return {}
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise _wrong(field, "a map")
        return value

    def flag(self, field: str) -> bool:
        """A boolean, false by default."""
        value = self._values.get(field)
        if value is not None and not isinstance(value, bool):
            raise _wrong(field, "true or false")
        return bool(value)

    def integer(self, field: str, default: int, least: int, most: int) -> int:
        """An integer within bounds."""
        value = self._values.get(field)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _wrong(field, f"an integer from {least} to {most}")
        return value

    def texts(self, field: str) -> list[str]:
        """A list of strings, empty by default."""
        return self.optional_texts(field) or []

    def optional_texts(self, field: str) -> list[str] | None:
        """A list of strings, or None."""
        value = self._values.get(field)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _wrong(field, "a list of strings")
        return value


def _wrong(field: str, expected: str) -> InvalidRequest:
    return InvalidRequest(f"{field}: {expected} is expected", {"field": field})
