"""Messages in camelCase, which Navidrome's pages and its plugin use in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Final

from pydantic.alias_generators import to_camel

from contract.message import Message, fields_of


class CamelBody(Message):
    """Base of request bodies. Unknown fields are ignored: a newer client may send more."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        **Message.__pydantic_config__,
        "extra": "ignore",
        "alias_generator": to_camel,
    }


class CamelResponse(Message):
    """Base of response bodies; all fields are always present."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {
        **Message.__pydantic_config__,
        "extra": "allow",
        "alias_generator": to_camel,
        "json_schema_serialization_defaults_required": True,
    }


def camel_name(name: str) -> str:
    """Return a field's name as JSON has it."""
    return _camel(name)


def camel(value: Any) -> Any:
    """Return a message, and every message inside it, as a map for JSON."""
    if isinstance(value, Message):
        return {
            _camel(name): item if type(item) in _SCALARS else camel(item) for name, item in fields_of(value).items()
        }
    if isinstance(value, list | tuple):
        return [camel(item) for item in value]
    return value


_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_camel = cache(to_camel)
