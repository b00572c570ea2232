"""JSON schemas as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from contract.fields import FLOAT32_MAX, INT64_MAX
from reference.markdown import code, span, table

Schema = Mapping[str, Any]

NO_BOUNDS: Final = {INT64_MAX, -INT64_MAX, FLOAT32_MAX, -FLOAT32_MAX}
#: Keywords for the bounds of numbers, and of texts and lists: minimum and maximum.
SPANS: Final = (
    ("minimum", "maximum", ""),
    ("exclusiveMinimum", "exclusiveMaximum", " (not itself)"),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " entries"),
    ("minProperties", "maxProperties", " entries"),
)


def property_table(schema: Schema) -> str:
    """Returns the properties of an object as a table."""
    needed = schema.get("required", ())
    rows = [
        (
            f"`{name}`",
            type_text(each),
            "needed" if name in needed else code(each["default"]) if "default" in each else "",
            each.get("description", ""),
        )
        for name, each in schema.get("properties", {}).items()
    ]
    return table(("field", "type", "default", "meaning"), rows) or "Any fields.\n"


def type_text(schema: Schema) -> str:
    """Returns a type with its bounds; other types are links to their section."""
    told, bounds = _described(schema)
    return ", ".join([told, *bounds])


def _described(schema: Schema) -> tuple[str, list[str]]:
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            described = [_described(each) for each in schema[choice]]
            return " or ".join(told for told, _ in described), [bound for _, bounds in described for bound in bounds]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()}-fields)", []
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"]), []
    if "const" in schema:
        return code(schema["const"]), []
    return _plain(schema)


def _plain(schema: Schema) -> tuple[str, list[str]]:
    kind = schema.get("type", "any")
    if kind == "array":
        told, bounds = _described(schema.get("items", {}))
        return f"array of {told}", [*(f"each {bound}" for bound in bounds), *_bounds(schema)]
    if kind == "object":
        inner = schema.get("additionalProperties")
        told = f"object of {type_text(inner)}" if isinstance(inner, dict) and inner else "object"
        return told, _bounds(schema)
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind), _bounds(schema)


def _bounds(schema: Schema) -> list[str]:
    found: list[str] = []
    for least_word, most_word, of in SPANS:
        least, most = (None if (v := schema.get(word)) in NO_BOUNDS else v for word in (least_word, most_word))
        found += span(least, most, of)
    return found


def referenced(value: Any) -> Iterator[str]:
    """Yields the names of the types that a part of the document refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from referenced(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from referenced(inner)
