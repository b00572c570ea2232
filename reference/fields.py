"""The fields of a message: type, bounds, default and meaning, as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import MISSING, Field
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from contract.bounds import Ge, Le, MaxLen, MinLen
from contract.fields import FLOAT32_MAX, INT64_MAX, Doc
from contract.message import Message
from reference.glossary import GLOSSARY
from reference.markdown import code, doc, span, table
from reference.notes import notes

COLUMNS: Final = ("field", "type", "default", "meaning")
#: Bounds that merely restate the number type.
NO_BOUNDS: Final = {INT64_MAX, -INT64_MAX, FLOAT32_MAX, -FLOAT32_MAX}
NAMES: Final = {str: "str", int: "int", float: "float", bool: "bool", bytes: "bytes", NoneType: "null", Any: "any"}


def fields_of_type(kind: type[Message]) -> tuple[Field[Any], ...]:
    """Returns the fields in order; only the decorator knows that every message is a dataclass."""
    found: tuple[Field[Any], ...] = dataclasses.fields(kind)  # type: ignore[arg-type]
    return found


def field_table(kind: type[Message]) -> str:
    """Returns the fields as a table, or a line that says there are none."""
    rows = list(_rows(kind))
    return table(COLUMNS, rows) if rows else "No fields.\n"


def _rows(kind: type[Message]) -> Iterator[tuple[str, str, str, str]]:
    hints = get_type_hints(kind, include_extras=True)
    for field in fields_of_type(kind):
        told = [meaning_of(kind, field.name)] + ["left out while it is null"] * (field.name in kind.left_out)
        yield f"`{field.name}`", type_text(hints[field.name]), _default(field), "; ".join(filter(None, told))


def meaning_of(kind: type[Message], name: str) -> str:
    """Returns the field's own text, else the glossary's; empty if the message's docstring explains it."""
    annotation = get_type_hints(kind, include_extras=True)[name]
    meant = [mark.text for mark in _marks(annotation) if isinstance(mark, Doc)]
    if name in notes(kind):
        meant.insert(0, notes(kind)[name].rstrip("."))
    return "; ".join(meant) or ("" if is_told(kind, name) else GLOSSARY.get(name, ""))


def is_told(kind: type[Message], name: str) -> bool:
    """Returns whether a message's docstring names the field, or the message has only that field."""
    return f"`{name}`" in doc(kind) or len(fields_of_type(kind)) == 1


def messages_in(annotation: Any) -> Iterator[type[Message]]:
    """Yields the messages that a field of this type holds."""
    if isinstance(annotation, type) and issubclass(annotation, Message):
        yield annotation
    for inner in get_args(annotation):
        yield from messages_in(inner)


def messages_of(kind: type[Message]) -> Iterator[type[Message]]:
    """Yields the messages in a message's fields, in order, each followed by the messages inside it."""
    hints = get_type_hints(kind, include_extras=True)
    for field in fields_of_type(kind):
        for inner in messages_in(hints[field.name]):
            yield inner
            yield from messages_of(inner)


def type_text(annotation: Any) -> str:
    """Returns a type with its bounds; messages are links to their section."""
    told, bounds = _described(annotation)
    return ", ".join([told, *bounds])


def _described(annotation: Any) -> tuple[str, list[str]]:
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        told, bounds = _described(inner)
        return told, [*bounds, *_bounds(marks, " entries" if told.startswith(("list", "map")) else " characters")]
    if isinstance(annotation, type) and issubclass(annotation, Message):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()}-fields)", []
    return _plain(annotation)


def _plain(annotation: Any) -> tuple[str, list[str]]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner), []
    if origin in {Union, UnionType}:
        described = [_described(each) for each in inner]
        return " or ".join(told for told, _ in described), [bound for _, bounds in described for bound in bounds]
    if origin in {list, tuple}:
        told, bounds = _described(inner[0])
        return f"list of {told}", [f"each {bound}" for bound in bounds]
    if origin is dict:
        (key, _), (value, bounds) = _described(inner[0]), _described(inner[1])
        return f"map of {key} to {value}", [f"each {bound}" for bound in bounds]
    return NAMES.get(annotation) or f"`{annotation.__name__}`", []


def _bounds(marks: list[Any], unit: str) -> list[str]:
    least, most, shortest, longest = (
        {mark.value for mark in marks if isinstance(mark, bound)} for bound in (Ge, Le, MinLen, MaxLen)
    )
    found = span(min(least - NO_BOUNDS, default=None), max(most - NO_BOUNDS, default=None))
    return found + span(min(shortest, default=None), max(longest, default=None), unit)


def _marks(annotation: Any) -> list[Any]:
    return list(get_args(annotation)[1:]) if get_origin(annotation) is Annotated else []


def _default(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return code(field.default_factory())
    return "needed" if field.default is MISSING else code(field.default)


def section(kind: type[Message]) -> str:
    """Returns a message under its own heading."""
    return f"### {kind.__name__} fields\n\n{doc(kind)}\n\n{field_table(kind)}"
