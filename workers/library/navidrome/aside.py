"""Operations that read Navidrome's database: beside all others, which never wait for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

import contract.operation
from contract.message import Message
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.readers import Readers
from workers.runtime.service import Call, Operation
from workers.runtime.serving import served

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
T = TypeVar("T")


class Aside:
    """A small pool of threads for one database."""

    def __init__(self, database: NavidromeDatabase) -> None:
        self._database = database
        self._readers = Readers()

    def served(
        self, operation: contract.operation.Operation[Q, A], handle: Callable[[Q], A]
    ) -> Mapping[str, Operation]:
        """The entry of an operation whose handler reads the database."""

        def answer(request: Q, call: Call) -> Future[A]:
            return self.read(call, partial(handle, request))

        return served(operation, answer)

    def read(self, call: Call, read: Callable[[], T]) -> Future[T]:
        """What `read` returns, for a call. Raises `NavidromeUnavailable` while others are stuck in the database."""
        return self._readers.submit(call, lambda: self._database.repeated(read))

    def close(self) -> None:
        """Begin nothing more."""
        self._readers.close()
