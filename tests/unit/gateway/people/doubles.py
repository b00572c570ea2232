"""A mesh whose answers a test chooses: typed replies, checked like those of a real mesh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from broker.wire import Reply, pack_map, unpack_map
from contract.message import Message
from contract.operation import INTERACTIVE, Buffer, Operation
from gateway.mesh import MeshConnection
from gateway.people.finding import Finder
from gateway.people.identity import Caller


class MeshDouble:
    """Answers each operation with a reply, or with a function of the request.

    `asked` are the requests, by the names of their operations.
    """

    def __init__(self, *answers: tuple[Operation[Any, Any], Message | Callable[[Any], Message]]) -> None:
        self._answers = {operation.name: reply for operation, reply in answers}
        self.asked: dict[str, Message] = {}

    async def call(
        self,
        _service: str,
        op: str,
        params: Message,
        _blobs: Sequence[Buffer] = (),
        *,
        timeout: float,
        lane: str = INTERACTIVE,
    ) -> Reply:
        assert timeout > 0
        assert lane == INTERACTIVE
        self.asked[op] = params
        answer = self._answers[op]
        return Reply(unpack_map(pack_map(answer if isinstance(answer, Message) else answer(params))))

    @property
    def finder(self) -> Finder:
        """For alice."""
        return Finder(cast("MeshConnection", self), Caller("id-alice", "alice", is_admin=False))
