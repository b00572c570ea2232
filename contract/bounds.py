"""Bounds of fields, as pydantic checks them and `/openapi.json` shows them.

They stand in for those of `annotated_types`, which take half a megabyte even where no message is read (the broker).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Bound:
    """Base class of bounds. `word` is pydantic's keyword for the bound; every type that it bounds must know it."""

    __slots__ = ("value",)
    word: ClassVar[str]

    def __init__(self, value: float) -> None:
        self.value = value

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return {**handler(source), self.word: self.value}


class Ge(Bound):
    """The number is at least `value`."""

    __slots__ = ()
    word = "ge"


class Le(Bound):
    """The number is at most `value`."""

    __slots__ = ()
    word = "le"


class MinLen(Bound):
    """A text, list or map has at least `value` characters or entries."""

    __slots__ = ()
    word = "min_length"


class MaxLen(Bound):
    """A text, list or map has at most `value` characters or entries."""

    __slots__ = ()
    word = "max_length"
