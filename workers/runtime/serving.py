"""Handlers against the contract: typed requests in, typed replies out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import contract.operation
from broker.wire import Reply
from contract.later import then
from contract.message import Message, fields_of
from contract.operation import Answer
from contract.reading import read_request
from workers.runtime.service import Call, Operation, single

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

#: Gets the request, and the call for its blobs, lane and deadline. A reply with blobs is an `Answer`.
Handle = Callable[[Q, Call], A | Answer[A] | Future[A] | Future[Answer[A]]]


def served(operation: contract.operation.Operation[Q, A], handle: Handle[Q, A]) -> dict[str, Operation]:
    """The entry of an operation in a service's table. A request that does not fit it is answered `invalid_request`."""

    def answer(call: Call) -> Reply | Future[Reply]:
        given = handle(read_request(operation.request, call.params), call)
        if isinstance(given, Future):
            later: Future[Any] = given
            return then(later, packed)
        return packed(given)

    return {operation.name: single(answer)}


def packed(answer: Message | Answer[A]) -> Reply:
    """A typed reply as the worker loop sends it."""
    if isinstance(answer, Answer):
        return Reply(fields_of(answer.value), answer.blobs)
    return Reply(fields_of(answer))
