"""Shared parts of HTTP bodies besides the fields of the contract: base classes, limits, timestamps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

from contract.bounds import MaxLen
from contract.fields import Described, FailFast, Name, NullIsEmpty
from contract.message import Message

#: Most track ids in one list.
MAX_IDS: Final = 50_000

RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class RequestBody(BaseModel):
    """A request body. Unknown fields are ignored: a newer client may send more.

    Its validator is built with the first request: many are never sent.
    """

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, defer_build=True)


class MessageBody(Message):
    """Base of request bodies that are messages. Unknown fields are ignored: a newer client may send more."""

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {**Message.__pydantic_config__, "extra": "ignore"}


class ResponseBody(BaseModel):
    """A response body, for documentation only: responses are not validated, so no validators are built."""

    model_config = ConfigDict(extra="allow", defer_build=True)


def _timestamp(value: str) -> str:
    """Validate RFC 3339 with any number of decimals, as Go's time.Time writes it."""
    if not RFC3339.fullmatch(value):
        raise ValueError("not an RFC 3339 time such as 2026-11-03T20:15:09.123456789+01:00")
    whole = re.sub(r"\.\d+", "", value).upper()
    try:
        datetime.fromisoformat(whole)
    except ValueError as error:
        raise ValueError(f"not a time: {error}") from None
    return value


Timestamp = Annotated[str, AfterValidator(_timestamp), Described((("format", "date-time"),))]
Ids = Annotated[list[Name], MaxLen(MAX_IDS), FailFast, NullIsEmpty]
