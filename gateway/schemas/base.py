"""What all schemas share: strict types, JSON's own idea of an integer, lists that Go writes as null."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

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


def _null_is_absent(value: Any) -> Any:
    """Go writes a nil slice as null."""
    return [] if value is None else value


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


Integer = Annotated[int, BeforeValidator(integral), Field(ge=-INT64_MAX, le=INT64_MAX)]
Name = Annotated[str, Field(max_length=MAX_NAME)]
Label = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Timestamp = Annotated[str, AfterValidator(_timestamp), Field(json_schema_extra={"format": "date-time"})]
Component = Annotated[float, Field(ge=-FLOAT32_MAX, le=FLOAT32_MAX)]
Vector = Annotated[list[Component], Field(min_length=1, max_length=MAX_COMPONENTS, fail_fast=True)]
Ids = Annotated[list[Name], Field(max_length=MAX_IDS, fail_fast=True), BeforeValidator(_null_is_absent)]
Models = Annotated[list[Label], Field(max_length=MAX_MODELS, fail_fast=True)]
#: For maps by model.
FewEntries = BeforeValidator(_few)
NullIsEmpty = BeforeValidator(_null_is_absent)
