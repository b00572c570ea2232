"""Operations: one definition of what a service can be asked, for callers and workers alike.

A service is a class of `Operation`s. On the class itself, an operation is a description against which a worker
registers its handler; on a client (`Blocking` or `Asyncio`), it is a call:

    class Greeter:
        service = "greeter"
        greet = Operation("greet", GreetRequest, Greeting, "Says hello.")

    class GreeterClient(Blocking, Greeter): ...
    class AsyncGreeterClient(Asyncio, Greeter): ...

    greeting = GreeterClient(mesh).greet(GreetRequest(name="Ada"), timeout=1.0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, TypeVar, overload

from contract.message import Message
from contract.reading import bad_answer, read_reply

if TYPE_CHECKING:
    from concurrent.futures import Future

#: Lanes of a service, most urgent first.
INTERACTIVE: Final = "interactive"
UPLOAD: Final = "upload"
BATCH: Final = "batch"
LANES: Final = (INTERACTIVE, UPLOAD, BATCH)

#: The blob of a reply that holds one vector of `dim` numbers.
ONE_VECTOR: Final = "[dim] float32"

Buffer = bytes | memoryview

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
R = TypeVar("R")


class RawReply(Protocol):
    """A reply as a client of the mesh returns it, before it is checked."""

    @property
    def result(self) -> dict[str, Any]: ...

    @property
    def blobs(self) -> Sequence[Buffer]: ...

    @property
    def seconds(self) -> Mapping[str, float]: ...


class BlockingCaller(Protocol):
    """A blocking client: `broker.client.MeshClient`."""

    def call(
        self, service: str, op: str, params: Message, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = ...
    ) -> RawReply: ...

    def submit(
        self, service: str, op: str, params: Message, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = ...
    ) -> Future[Any]: ...


class AsyncCaller(Protocol):
    """An asyncio client: `broker.aio.AsyncMeshClient`, or the gateway's measured one."""

    async def call(
        self, service: str, op: str, params: Message, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = ...
    ) -> RawReply: ...


@dataclass(frozen=True, slots=True)
class ReplyWithBlobs(Generic[A]):
    """A reply with its blobs (vectors as raw little-endian float32) and the worker's seconds."""

    value: A
    blobs: Sequence[Buffer] = ()
    seconds: Mapping[str, float] | None = None


class Blocking:
    """Base class of blocking clients. `service` overrides the class's service, for services that exist once per model.

    If neither names a service, each operation is its own service.
    """

    service: ClassVar[str]

    def __init__(self, caller: BlockingCaller, service: str = "") -> None:
        self.caller = caller
        self.name = service or self.service


class Asyncio:
    """Base class of asyncio clients."""

    service: ClassVar[str]

    def __init__(self, caller: AsyncCaller, service: str = "") -> None:
        self.caller = caller
        self.name = service or self.service


class Operation(Generic[Q, A]):
    """One operation: its name on the wire, the types of its request and its reply, and what it does.

    `takes` and `gives` say which blobs travel with the request and the reply, such as "[n, dim] float32".
    """

    def __init__(
        self, name: str, request: type[Q], reply: type[A], meaning: str, *, takes: str = "", gives: str = ""
    ) -> None:
        self.name = name
        self.request = request
        self.reply = reply
        self.meaning = meaning
        self.takes = takes
        self.gives = gives

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Operation[Q, A]: ...

    @overload
    def __get__(self, instance: Blocking, owner: type[Any]) -> BlockingCall[Q, A]: ...

    @overload
    def __get__(self, instance: Asyncio, owner: type[Any]) -> AsyncCall[Q, A]: ...

    def __get__(self, instance: Blocking | Asyncio | None, owner: type[Any]) -> Any:
        if instance is None:
            return self
        return BlockingCall(self, instance) if isinstance(instance, Blocking) else AsyncCall(self, instance)

    @overload
    def of(self, client: Blocking) -> BlockingCall[Q, A]: ...

    @overload
    def of(self, client: Asyncio) -> AsyncCall[Q, A]: ...

    def of(self, client: Blocking | Asyncio) -> Any:
        """Returns this operation as a call of `client`, for operations that are only known at run time."""
        return self.__get__(client, type(client))

    def read(self, service: str, reply: RawReply) -> ReplyWithBlobs[A]:
        """Returns the typed reply. Raises `BadAnswer` if it does not fit."""
        value = read_reply(self.reply, reply.result, service, self.name)
        if self.gives == ONE_VECTOR:
            dim: int = getattr(value, "dim")  # noqa: B009  such replies have `dim`, but `A` does not say so
            if [len(blob) for blob in reply.blobs] != [4 * dim]:
                raise bad_answer(service, self.name, f"expected one vector of {dim} numbers")
        return ReplyWithBlobs(value, reply.blobs, reply.seconds)


@dataclass(frozen=True, slots=True)
class BlockingCall(Generic[Q, A]):
    """An operation of a blocking client. Raises the service's typed errors and `BadAnswer`."""

    operation: Operation[Q, A]
    client: Blocking

    def __call__(self, request: Q, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = INTERACTIVE) -> A:
        """Returns the reply, within `timeout` seconds."""
        return self.answer(request, blobs, timeout=timeout, lane=lane).value

    def answer(
        self, request: Q, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = INTERACTIVE
    ) -> ReplyWithBlobs[A]:
        """Calls the operation and returns the reply with its blobs and seconds."""
        operation = self.operation
        service = self.client.name or operation.name
        reply = self.client.caller.call(service, operation.name, request, blobs, timeout=timeout, lane=lane)
        return operation.read(service, reply)

    def submit(
        self, request: Q, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = INTERACTIVE
    ) -> Future[ReplyWithBlobs[A]]:
        """Sends the request and returns a future of what `answer` returns. Cancelling it takes the request back."""
        from contract.later import then  # the broker makes no calls and needs no futures

        operation = self.operation
        service = self.client.name or operation.name
        future = self.client.caller.submit(service, operation.name, request, blobs, timeout=timeout, lane=lane)
        return then(future, lambda reply: operation.read(service, reply))


@dataclass(frozen=True, slots=True)
class AsyncCall(Generic[Q, A]):
    """An operation of an asyncio client. Raises the service's typed errors and `BadAnswer`."""

    operation: Operation[Q, A]
    client: Asyncio

    async def __call__(self, request: Q, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = INTERACTIVE) -> A:
        """Returns the reply, within `timeout` seconds."""
        return (await self.answer(request, blobs, timeout=timeout, lane=lane)).value

    async def answer(
        self, request: Q, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = INTERACTIVE
    ) -> ReplyWithBlobs[A]:
        """Calls the operation and returns the reply with its blobs and seconds."""
        operation = self.operation
        service = self.client.name or operation.name
        reply = await self.client.caller.call(service, operation.name, request, blobs, timeout=timeout, lane=lane)
        return operation.read(service, reply)


def operations_of(service: type[Any]) -> list[Operation[Any, Any]]:
    """Returns a service's operations in the order of their definition."""
    return [
        value for kind in reversed(service.__mro__) for value in vars(kind).values() if isinstance(value, Operation)
    ]
