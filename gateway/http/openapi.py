"""`/openapi.json`, generated from the table of endpoints and the schemas that validate them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema

from contract.errors import Busy, Forbidden, Unauthorized
from contract.fields import MODEL_MARK
from contract.message import Message
from contract.reading import adapter
from gateway.http.endpoint import Endpoint
from gateway.http.errors import STATUS
from gateway.version import VERSION

REF: Final = "#/components/schemas/{model}"
PARAMETER: Final = re.compile(r"{(\w+)}")
#: Errors that every endpoint can return: unknown host name, page of another site, too many requests at once.
EVERYWHERE: Final = (Forbidden, Busy)
#: Schema of path parameters without one of their own.
ANY_NAME: Mapping[str, Any] = {"type": "string", "minLength": 1}


class WithDefaults(GenerateJsonSchema):
    """Also documents defaults made by a factory, such as those of lists and maps."""

    def get_default_value(self, schema: WithDefaultSchema) -> Any:
        make = schema.get("default_factory")
        if make is None or schema.get("default_factory_takes_data"):
            return super().get_default_value(schema)
        return cast(Callable[[], Any], make)()


def document(endpoints: Sequence[Endpoint], models: Sequence[str] = (), prefix: str = "") -> dict[str, Any]:
    """Return an OpenAPI 3.1 document.

    `models`: names of the known models, empty if unknown; `prefix`: the path below which a proxy serves everything.
    """
    schemas = _naming(_schemas(endpoints), list(models))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sonic Mesh",
            "version": VERSION,
            "description": "Finds what sounds alike in a Navidrome library.",
        },
        **({"servers": [{"url": prefix}]} if prefix else {}),
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
    used |= {(each, "serialization") for e in endpoints for each in (e.reply, e.unready) if each}
    ordered = sorted(used, key=lambda each: each[0].__name__)
    described: list[tuple[str, Any, TypeAdapter[Any]]] = [(k.__name__, mode, adapter(k)) for k, mode in ordered]
    _, definitions = TypeAdapter.json_schemas(described, ref_template=REF, schema_generator=WithDefaults)
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def _naming(schema: Any, models: list[str]) -> Any:
    """Return `schema` with model names in place of their marks."""
    if isinstance(schema, list):
        return [_naming(each, models) for each in schema]
    if not isinstance(schema, dict):
        return schema
    named = {key: _naming(value, models) for key, value in schema.items() if key != MODEL_MARK}
    return named | {"enum": models} if models and MODEL_MARK in schema else named


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
        required = bool(schemas[endpoint.body.__name__].get("required"))
        operation["requestBody"] = {"required": required, "content": {"application/json": _ref(endpoint.body)}}
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if endpoint.reply is not None:
        schema = _ref(endpoint.reply)["schema"]
        content = {"schema": {"type": "array", "items": schema} if endpoint.many else schema}
    media = {endpoint.media: content} | ({"text/csv": {"schema": {"type": "string"}}} if endpoint.table else {})
    media |= {name: {"schema": {"type": "string", "format": "binary"}} for name in endpoint.other_media}
    responses: dict[str, Any] = {"200": {"description": "OK", "content": media}}
    by_status: dict[int, list[str]] = {}
    for error in dict.fromkeys((*endpoint.codes, *EVERYWHERE, *(() if endpoint.open else (Unauthorized,)))):
        by_status.setdefault(error.status, []).append(error.code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {"description": ", ".join(codes), "content": {"application/json": _ref_of("Error")}}
    if endpoint.unready is not None:
        either = [_ref(endpoint.unready)["schema"], *([_ref_of("Error")["schema"]] if "503" in responses else [])]
        responses["503"] = {"description": "not ready", "content": {"application/json": {"schema": {"anyOf": either}}}}
    return responses


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = PARAMETER.findall(endpoint.path)
    return [
        {"name": name, "in": "path", "required": True, "schema": dict(endpoint.names.get(name, ANY_NAME))}
        for name in names
    ]


def _query_parameters(endpoint: Endpoint, schemas: Mapping[str, Any]) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    described = schemas[endpoint.query.__name__]
    required = described.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in described["properties"].items()
    ]


def _ref(model: type[BaseModel] | type[Message]) -> dict[str, Any]:
    return _ref_of(model.__name__)


def _ref_of(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": REF.format(model=name)}}


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
