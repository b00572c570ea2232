"""`/openapi.json`: made from the table of endpoints and the schemas that validate them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.errors import STATUS
from gateway.version import VERSION

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REF = "#/components/schemas/{model}"
PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route and what is told of it. `codes` are the error codes that are its own."""

    method: str
    path: str
    handler: Handler
    tag: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    reply: type[BaseModel] | None = None
    many: bool = False
    media: str = "application/json"
    codes: Sequence[str] = ()
    open: bool = False

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0].rstrip(".")


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """An OpenAPI 3.1 document."""
    schemas = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sonic Mesh",
            "version": VERSION,
            "description": "What sounds alike in a Navidrome library.",
        },
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _error_schema()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _schemas(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    used = {(e.body, "validation") for e in endpoints if e.body} | {
        (e.query, "validation") for e in endpoints if e.query
    }
    used |= {(e.reply, "serialization") for e in endpoints if e.reply}
    ordered = sorted(used, key=lambda each: each[0].__name__)
    _, definitions = models_json_schema(ordered, ref_template=REF)  # type: ignore[arg-type]  # invariant mode literal
    found: dict[str, Any] = definitions["$defs"]
    return found


def _operation(endpoint: Endpoint, schemas: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.method.lower()}_{re.sub(r'[^a-z0-9]+', '_', endpoint.path).strip('_')}",
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "responses": _responses(endpoint),
        "security": [{}] if endpoint.open else [{}, {"bearer": []}, {"basic": []}],
    }
    parameters = [*_path_parameters(endpoint), *_query_parameters(endpoint, schemas)]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        required = any(field.is_required() for field in endpoint.body.model_fields.values())
        operation["requestBody"] = {"required": required, "content": {"application/json": _ref(endpoint.body)}}
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if endpoint.reply is not None:
        one = _ref(endpoint.reply)["schema"]
        content = {"schema": {"type": "array", "items": one} if endpoint.many else one}
    responses: dict[str, Any] = {"200": {"description": "OK", "content": {endpoint.media: content}}}
    by_status: dict[int, list[str]] = {}
    for code in (*endpoint.codes, *(() if endpoint.open else ("unauthorized",))):
        by_status.setdefault(STATUS[code], []).append(code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": ", ".join(codes),
            "content": {"application/json": {"schema": {"$ref": REF.format(model="Error")}}},
        }
    return responses


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = PARAMETER.findall(endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(endpoint: Endpoint, schemas: Mapping[str, Any]) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    properties = schemas[endpoint.query.__name__]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": REF.format(model=model.__name__)}}


def _error_schema() -> dict[str, Any]:
    error = {
        "type": "object",
        "required": ["code", "message", "detail"],
        "properties": {
            "code": {"type": "string", "enum": sorted(STATUS)},
            "message": {"type": "string"},
            "detail": {"description": "the field's path and the reason, or null"},
        },
    }
    return {
        "type": "object",
        "required": ["error", "message"],
        "properties": {"error": error, "message": {"type": "string"}},
    }
