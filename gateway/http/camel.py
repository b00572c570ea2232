"""Messages in camelCase, as pages of Navidrome and its plugin write and read JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Final

from pydantic.alias_generators import to_camel

from contract.message import Message, fields_of


class CamelBody(Message):
    """Base of bodies. Unknown fields are ignored: a newer client may know more."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        **Message.__pydantic_config__,
        "extra": "ignore",
        "alias_generator": to_camel,
    }


class CamelAnswer(Message):
    """Base of answers: all their fields are always there."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        **Message.__pydantic_config__,
        "extra": "allow",
        "alias_generator": to_camel,
        "json_schema_serialization_defaults_required": True,
    }


def camel(value: Any) -> Any:
    """A message as a map for JSON, and so all the way down."""
    if isinstance(value, Message):
        return {
            _camel(name): item if type(item) in _SCALARS else camel(item) for name, item in fields_of(value).items()
        }
    if isinstance(value, list | tuple):
        return [camel(item) for item in value]
    return value


_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_camel = cache(to_camel)
