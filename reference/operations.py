"""`operations.md`: every service with its operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from contract.embedding import Embedding
from contract.library import Library
from contract.mesh import Management
from contract.message import Message, Nothing
from contract.operation import Operation, operations_of
from contract.search import Search
from contract.worker import PrivateWorker
from reference.fields import field_table, messages_of, section
from reference.markdown import anchor, doc, joined, opening, sentence, table

#: Services on the page, and their titles.
SERVICES: Final[Sequence[tuple[str, type[Any]]]] = (
    ("embed.MODEL", Embedding),
    ("worker.NAME", PrivateWorker),
    ("search", Search),
    ("library", Library),
    ("mmi", Management),
)
TOLD: Final = (
    "What travels inside the mesh: every operation of every service with the fields of its request and its reply, and "
    "its blobs. Frames, lanes and liveness are in [protocol.md](../develop/protocol.md), what holds for all operations "
    "[there](../develop/protocol.md#operations), the codes of errors in [errors.md](errors.md). Fields "
    "that are not listed here are refused. `needed`: the field is required. Clients in Python are in `contract/`."
)


def page() -> str:
    """Returns the whole page."""
    described = [_service(name, service) for name, service in SERVICES]
    types = [section(kind) for kind in _types()]
    contents = table(("service", "operations"), [_entry(name, service) for name, service in SERVICES])
    told = opening("Operations", TOLD, "the types in `contract/`")
    return joined(
        [told, contents, *described, "## Types\n\nTypes that are part of several messages or of other types.", *types]
    )


def _entry(name: str, service: type[Any]) -> tuple[str, str]:
    operations = ", ".join(f"[`{o.name}`](#{anchor(o.name)})" for o in operations_of(service))
    return f"[`{name}`](#{anchor(name)})", operations


def _service(name: str, service: type[Any]) -> str:
    return joined([f"## `{name}`\n\n{doc(service)}", *(_operation(each, service) for each in operations_of(service))])


def _operation(operation: Operation[Any, Any], service: type[Any]) -> str:
    blobs = " ".join(
        sentence(f"{way}: {told}")
        for way, told in (("blob of the request", operation.takes), ("blob of the reply", operation.gives))
        if told
    )
    method = next(name for name, value in vars(service).items() if value is operation)
    client = f"Python: `{service.__name__}.{method}`."
    request, reply = _part("request", operation.request), _part("reply", operation.reply)
    return joined([f"### `{operation.name}`\n\n{sentence(operation.meaning)} {client}", request, reply, blobs])


def _part(way: str, kind: type[Message]) -> str:
    if kind is Nothing:
        return f"**{way.title()}**: no fields."
    name = kind.__name__
    if kind in _shared():
        return f"**{way.title()}**: [`{name}`](#{name.lower()}-fields)."
    return f"**{way.title()}** `{name}`: {doc(kind)}\n\n{field_table(kind)}"


def _shared() -> set[type[Message]]:
    """Returns the messages that several operations use, or that are part of other messages."""
    seen: set[type[Message]] = set()
    shared = set(_inner())
    for kind in _parts():
        shared |= {kind} & seen
        seen.add(kind)
    return shared - {Nothing}


def _parts() -> Iterator[type[Message]]:
    for _, service in SERVICES:
        for operation in operations_of(service):
            yield from (operation.request, operation.reply)


def _inner() -> Iterator[type[Message]]:
    for kind in _parts():
        yield from messages_of(kind)


def _types() -> list[type[Message]]:
    return sorted(_shared(), key=lambda kind: kind.__name__)
