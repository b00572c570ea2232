"""An endpoint: its route, its handler, and its description in `/openapi.json`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from contract.errors import Busy, DeadlineExceeded, Internal, InvalidRequest, MeshError, NoWorker, TooLarge
from contract.message import Message

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Errors that every call into the mesh can raise, and those of every body.
MESH: Final = (NoWorker, Busy, DeadlineExceeded, Internal)
BODY: Final = (InvalidRequest, TooLarge)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route and its description.

    `codes`: errors specific to it; `table`: whether it also answers as text/csv; `unready`: the body sent with 503
    instead of an error; `names`: schemas of path parameters that do not accept any string.
    """

    method: str
    path: str
    handler: Handler
    tag: str
    body: type[BaseModel] | type[Message] | None = None
    query: type[BaseModel] | None = None
    reply: type[BaseModel] | type[Message] | None = None
    many: bool = False
    media: str = "application/json"
    #: Media types of other formats that a caller may ask for: files, without a schema.
    other_media: Sequence[str] = ()
    codes: Sequence[type[MeshError]] = ()
    open: bool = False
    table: bool = False
    unready: type[BaseModel] | None = None
    names: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0].rstrip(".")
