"""What all schemas share: strict types, JSON's own idea of an integer, lists that Go writes as null."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

#: Largest finite float32, as msgpack and the store carry vectors.
FLOAT32_MAX = 3.4028234663852886e38
#: Integers beyond this do not fit msgpack, in either direction.
INT64_MAX = 2**63 - 1
#: Longest id, name or label, in characters.
MAX_NAME = 512
#: Most track ids in one list.
MAX_IDS = 50_000
#: Longest text to embed, in characters.
MAX_TEXT = 2_000
#: Most models in one list.
MAX_MODELS = 32
#: Most numbers of one vector; the largest known model has 76,800.
MAX_COMPONENTS = 1_000_000

#: Marks the schema of a model's name for whoever writes the description.
MODEL_MARK = "x-model"

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Request(BaseModel):
    """A request body. Unknown fields are ignored: a newer client may know more."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class Answer(BaseModel):
    """A reply body, for the description only: replies are not validated on their way out."""

    model_config = ConfigDict(extra="allow")


def integral(value: Any) -> Any:
    """JSON knows one kind of number: 25.0 is the integer 25, 25.5 is none."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True)
class NullIs:
    """`null` counts as what `make` makes, and `/openapi.json` says that it may be sent."""

    make: Callable[[], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._given, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(schema), {"type": "null"}]}

    def _given(self, value: Any) -> Any:
        return self.make() if value is None else value


#: Go writes a nil slice as null.
NullIsEmpty: Final = NullIs(list)


def _few(value: Any) -> Any:
    """Counted before anything in it is looked at: a map, unlike a list, is not left at its first fault."""
    if isinstance(value, dict) and len(value) > MAX_MODELS:
        raise ValueError(f"at most {MAX_MODELS} entries are expected, not {len(value)}")
    return value


def _timestamp(value: str) -> str:
    """RFC 3339 with any number of decimals; what Go's time.Time writes."""
    if not RFC3339.fullmatch(value):
        raise ValueError("not an RFC 3339 time such as 2026-11-03T20:15:09.123456789+01:00")
    whole = re.sub(r"\.\d+", "", value).upper()
    try:
        datetime.fromisoformat(whole)
    except ValueError as error:
        raise ValueError(f"not a time: {error}") from None
    return value


#: Bounds stand before the validator, here and elsewhere: only there they are told in `/openapi.json`.
INTEGRAL: Final = BeforeValidator(integral)
Integer = Annotated[int, Field(ge=-INT64_MAX, le=INT64_MAX), INTEGRAL]
Positive = Annotated[int, Field(ge=1, le=INT64_MAX), INTEGRAL]
Name = Annotated[str, Field(max_length=MAX_NAME)]
Label = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Timestamp = Annotated[str, AfterValidator(_timestamp), Field(json_schema_extra={"format": "date-time"})]
Component = Annotated[float, Field(ge=-FLOAT32_MAX, le=FLOAT32_MAX)]
Vector = Annotated[list[Component], Field(min_length=1, max_length=MAX_COMPONENTS, fail_fast=True)]
Ids = Annotated[list[Name], Field(max_length=MAX_IDS, fail_fast=True), NullIsEmpty]
#: In `/openapi.json` the names that this mesh knows are told (`MODEL_MARK`).
ModelName = Annotated[Label, Field(json_schema_extra={MODEL_MARK: True})]
Models = Annotated[list[ModelName], Field(max_length=MAX_MODELS, fail_fast=True)]
#: For maps by model.
FewEntries = BeforeValidator(_few)
