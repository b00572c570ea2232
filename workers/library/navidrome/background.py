"""Runs operations that read Navidrome's database in their own threads, so that no other operation waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

import contract.operation
from contract.message import Message
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.readers import Readers
from workers.runtime.service import Call, Handler
from workers.runtime.serving import served

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
T = TypeVar("T")


class BackgroundReads:
    """A small thread pool for one database."""

    def __init__(self, database: NavidromeDatabase) -> None:
        self._database = database
        self._readers = Readers()

    def served(self, operation: contract.operation.Operation[Q, A], handle: Callable[[Q], A]) -> Mapping[str, Handler]:
        """Return the entry for an operation whose handler reads the database."""

        def answer(request: Q, call: Call) -> Future[A]:
            return self.read(call, partial(handle, request))

        return served(operation, answer)

    def read(self, call: Call, read: Callable[[], T]) -> Future[T]:
        """Run `read` for a call. Raises `NavidromeUnavailable` if earlier reads of the database are stuck."""
        return self._readers.submit(call, lambda: self._database.repeated(read))

    def close(self) -> None:
        """Start no more reads."""
        self._readers.close()
