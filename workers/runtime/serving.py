"""Adapts handlers to the contract: typed requests in, typed replies out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import contract.operation
from broker.wire import Reply
from contract.errors import MeshError
from contract.later import then
from contract.message import Message, fields_of
from contract.operation import ReplyWithBlobs
from contract.reading import read_request
from workers.runtime.service import Call, Handler, Outcome, single

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

#: Takes the request, and the call for its blobs, lane and deadline. Returns an `ReplyWithBlobs` if the reply has blobs.
Handle = Callable[[Q, Call], A | ReplyWithBlobs[A] | Future[A] | Future[ReplyWithBlobs[A]]]


def served(operation: contract.operation.Operation[Q, A], handle: Handle[Q, A]) -> dict[str, Handler]:
    """Returns an operation's entry for a service's table. Malformed requests get `invalid_request`."""

    def answer(call: Call) -> Reply | Future[Reply]:
        given = handle(read_request(operation.request, call.params), call)
        if isinstance(given, Future):
            later: Future[Any] = given
            return then(later, packed)
        return packed(given)

    return {operation.name: single(answer)}


def served_in_batches(
    operation: contract.operation.Operation[Q, A],
    handle: Callable[[Sequence[Call]], Sequence[ReplyWithBlobs[A] | MeshError]],
    batch: int,
    *,
    prepare: Callable[[Q, Call], Any],
    discard: Callable[[Call], None],
) -> dict[str, Handler]:
    """Like `served`, but up to `batch` calls at once. `prepare` gets requests ahead; its result is `call.prepared`."""

    def answer(calls: Sequence[Call]) -> Sequence[Outcome]:
        return [outcome if isinstance(outcome, MeshError) else packed(outcome) for outcome in handle(calls)]

    def ahead(call: Call) -> Any:
        return prepare(read_request(operation.request, call.params), call)

    return {operation.name: Handler(answer, batch, prepare=ahead, discard=discard)}


def packed(answer: Message | ReplyWithBlobs[A]) -> Reply:
    """Returns a typed reply in the form that the worker loop sends."""
    if isinstance(answer, ReplyWithBlobs):
        return Reply(fields_of(answer.value), answer.blobs)
    return Reply(fields_of(answer))
