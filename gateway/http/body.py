"""Reads requests: JSON bodies within limits, validated; every refusal names the path of the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson
from aiohttp import web
from pydantic import ValidationError

from contract.errors import InvalidRequest
from contract.message import Message
from contract.reading import check
from gateway.http.body_reader import SMALL_BYTES, check_shape
from gateway.http.schema import RequestBody
from gateway.keys import BODY_READER

R = TypeVar("R", bound=RequestBody | Message)
Q = TypeVar("Q", bound=RequestBody)

JSON: Final = "application/json"
#: Most invalid fields listed in one refusal.
MAX_LISTED: Final = 20
#: Longest part of a path quoted in a refusal, in characters.
MAX_PART: Final = 80


async def read(request: web.Request, schema: type[R]) -> R:
    """Return the body as `schema`. An empty body counts as `{}`.

    Raises `InvalidRequest`, `TooLarge`, `Busy`.
    """
    _check_type(request)
    reader = request.app[BODY_READER]
    body = await reader.receive(request)
    if len(body) <= SMALL_BYTES:
        return validate(_as_object(body), schema)

    def work() -> R:
        check_shape(body)
        return validate(_as_object(body), schema)

    return await reader.beside(work)


def _as_object(body: bytes | bytearray) -> dict[str, Any]:
    value = parse(body)
    if not isinstance(value, dict):
        raise InvalidRequest("the body must be a JSON object", {"field": "", "reason": "not an object"})
    return value


def query(request: web.Request, schema: type[Q]) -> Q:
    """Return the query string as `schema`, with numbers and booleans parsed from text. Raises `InvalidRequest`."""
    try:
        return schema.model_validate_strings(dict(request.query), strict=False)
    except ValidationError as error:
        raise refusal(error) from None


def parse(body: bytes | bytearray) -> Any:
    """Parse strict JSON: UTF-8, no NaN, finite numbers, bounded nesting. Raises `InvalidRequest`."""
    if not body.strip():
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not JSON: {error}", {"field": "", "reason": str(error)}) from None


def validate(value: Mapping[str, Any], schema: type[R]) -> R:
    """Return a map as a model or a message. Raises `InvalidRequest`."""
    try:
        found: R = check(schema)(value)
    except ValidationError as error:
        raise refusal(error) from None
    return found


def refusal(error: ValidationError) -> InvalidRequest:
    """Make an error whose `detail` has the first invalid field and the reason, and all of them under `errors`."""
    listed = [
        {
            "field": _path(each["loc"]),
            "reason": each["msg"].removeprefix("Value error, "),
        }
        for each in error.errors(include_url=False, include_context=False, include_input=False)[:MAX_LISTED]
    ]
    first = listed[0]
    return InvalidRequest(f"{first['field']}: {first['reason']}", {**first, "errors": listed})


def _path(location: Sequence[int | str]) -> str:
    return ".".join(str(part)[:MAX_PART] for part in location)


def _check_type(request: web.Request) -> None:
    given = request.headers.get("Content-Type", JSON)
    if given == JSON:
        return
    kind = request.content_type
    if request.can_read_body and kind != JSON and not kind.endswith("+json"):
        raise InvalidRequest(
            f"send the body as application/json, not {kind[:MAX_PART]}",
            {"field": "Content-Type", "reason": "not JSON"},
        )
