"""`http.md`: every endpoint, from the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.http.openapi import document
from gateway.routes import MAIN, TEXT_ONLY
from reference.markdown import anchor, code, joined, opening, sentence, table
from reference.schema import property_table, referenced, type_text

TOLD: Final = (
    "Every endpoint of the gateway. [http.md](../use/http.md) explains them with examples; the running "
    "gateway serves the same at `/openapi.json`, with the names of its models. Errors have one shape and the codes of "
    "[errors.md](errors.md). Unknown fields of a body are ignored. Endpoints marked *both ports* answer on "
    "`TEXT_EMBEDDING_PORT` too."
)
METHODS: Final = ("get", "post", "put", "delete")
JSON: Final = "application/json"
#: The type of every error.
ERROR: Final = "Error"

Schema = Mapping[str, Any]


def page() -> str:
    """Returns the whole page."""
    described = document(MAIN)
    endpoints = list(_endpoints(described))
    rows = [(_link(method, path), path_tag(told), sentence(told["summary"])) for method, path, told in endpoints]
    parts = [_section(method, path, told) for method, path, told in endpoints]
    used = set(referenced(described))
    types = [_type(name, schema) for name, schema in sorted(described["components"]["schemas"].items()) if name in used]
    told = opening("Endpoints", TOLD, "the endpoints and schemas in `gateway/`")
    return joined([told, table(("endpoint", "about", "what it does"), rows), *parts, "## Types", *types])


def path_tag(told: Schema) -> str:
    """Returns the group that the endpoint belongs to."""
    return str(told["tags"][0])


def _endpoints(described: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def _link(method: str, path: str) -> str:
    return f"[`{method} {path}`](#{anchor(f'{method} {path}')})"


def _section(method: str, path: str, told: Schema) -> str:
    both = any((each.method, each.path) == (method, path) for each in TEXT_ONLY)
    is_open = told["security"] == [{}]
    marks = " ".join((["*Both ports.*"] if both else []) + (["*Needs no token.*"] if is_open else []))
    head = f"## `{method} {path}`\n\n{sentence(told['summary'])} {marks}".rstrip()
    return joined([head, _parameters(told), _body(told), _answers(told["responses"])])


def _parameters(told: Schema) -> str:
    rows = []
    for each in told.get("parameters", ()):
        schema = each["schema"]
        default = _default(schema, needed=each["required"])
        rows.append((f"`{each['name']}`", each["in"], type_text(schema), default, schema.get("description", "")))
    return table(("parameter", "in", "type", "default", "meaning"), rows)


def _default(schema: Schema, *, needed: bool) -> str:
    return "needed" if needed else code(schema["default"]) if "default" in schema else ""


def _body(told: Schema) -> str:
    if "requestBody" not in told:
        return ""
    kind = type_text(told["requestBody"]["content"][JSON]["schema"])
    return f"**Body**: {kind}{'' if told['requestBody']['required'] else '; optional'}."


def _answers(responses: Schema) -> str:
    good, errors = [], []
    for status, answer in sorted(responses.items()):
        if set(referenced(answer)) == {ERROR}:
            errors.append(f"{status} {', '.join(f'`{each}`' for each in answer['description'].split(', '))}")
        else:
            kinds = [_kind(media, content) for media, content in answer["content"].items()]
            good.append(f"{status} {' or '.join(kinds)}")
    return joined([f"**Answer**: {'; '.join(good)}.", f"**Errors**: {'; '.join(errors)}."])


def _kind(media: str, content: Schema) -> str:
    told = type_text(content["schema"]) if "schema" in content else ""
    return told if told and media == JSON else f"`{media}`"


def _type(name: str, schema: Schema) -> str:
    return f"### {name} fields\n\n{schema.get('description', '')}\n\n{property_table(schema)}"
