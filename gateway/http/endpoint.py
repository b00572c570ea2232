"""An endpoint: where it answers, who handles it, and what `/openapi.json` tells of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from contract.errors import Busy, DeadlineExceeded, Internal, InvalidRequest, MeshError, NoWorker, TooLarge
from contract.message import Message

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Errors of every call into the mesh, and of every body.
MESH: Final = (NoWorker, Busy, DeadlineExceeded, Internal)
BODY: Final = (InvalidRequest, TooLarge)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route and what is told of it.

    `codes`: the errors that are its own; `table`: whether it also answers as text/csv; `unready`: what is answered with
    503 in place of an error; `names`: schemas of the path's parameters, where they are more than any string.
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
    codes: Sequence[type[MeshError]] = ()
    open: bool = False
    table: bool = False
    unready: type[BaseModel] | None = None
    names: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0].rstrip(".")
