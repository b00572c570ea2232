"""Refuses workers that speak another version of the contract.

A refusal is logged and announced once per worker, however often it tries. A worker that does not understand refusals
comes back at once on a new connection: it gets another answer only after a while, and its messages until then are
ignored.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import contract
from broker.announcement import FIELDS
from broker.services import RegisteredWorker
from broker.wire import DISCONNECT, WORKER, pack_map
from contract.mesh import REFUSED_SECONDS, Refusal
from contract.presence import WorkerEvent, WorkerRefused
from contract.worker import is_private

log = logging.getLogger(__name__)

#: Seconds before a returning worker gets another answer; our workers wait longer than that.
ANSWER_AGAIN_SECONDS: Final = REFUSED_SECONDS / 2
#: Seconds after which a worker that has not come back is forgotten.
MEMORY_SECONDS: Final = 60.0
#: Most workers that are remembered.
MAX_KNOWN: Final = 1000
#: Most characters of a version that a message repeats.
MAX_SHOWN: Final = 32

#: Service, name, host and pid.
Key = tuple[str, str, str, int]


@dataclass(slots=True)
class _Contact:
    """Monotonic times of the last READY and the last answer to one."""

    seen: float
    answered: float


def why_refused(info: Mapping[Any, Any]) -> str | None:
    """Returns why a worker with this READY map may not register, or None if it may. One without a version may."""
    version = info.get("version")
    if version == contract.VERSION or not FIELDS["version"](version):
        return None
    return (
        f"it speaks version {str(version)[:MAX_SHOWN]} of the contract, this broker version "
        f"{contract.VERSION}; upgrade the older one"
    )


class Refusals:
    """Answers workers that may not register, but rarely. `now` is in monotonic seconds."""

    def __init__(
        self,
        send: Callable[[bytes, tuple[bytes, ...]], None],
        tell: Callable[[type[WorkerEvent], RegisteredWorker, str], None],
    ) -> None:
        self._send = send
        self._tell = tell
        self._known: dict[Key, _Contact] = {}
        #: Until when messages from an address are ignored.
        self._held: dict[bytes, float] = {}

    def __len__(self) -> int:
        """Returns the number of remembered workers."""
        return len(self._known)

    def refuse(self, worker: RegisteredWorker, reason: str, now: float) -> None:
        """Answer a READY; `worker` is the worker that was about to register."""
        self._forget(now)
        key = (worker.service.name, str(worker.info.get("worker", "")), worker.host, worker.pid)
        contact = self._known.get(key)
        if contact is None:
            self._known[key] = contact = _Contact(now, float("-inf"))
            level = logging.DEBUG if is_private(worker.service.name) else logging.WARNING
            log.log(level, "worker %s may not serve %s: %s", worker.label, worker.service.name, reason)
            self._tell(WorkerRefused, worker, reason)
        contact.seen = now
        if now - contact.answered >= ANSWER_AGAIN_SECONDS:
            contact.answered = now
            body = pack_map(Refusal(reason=reason, version=contract.VERSION))
            head = (b"", WORKER, DISCONNECT) if worker.delimiter else (WORKER, DISCONNECT)
            self._send(worker.address, (*head, body))
        self._held[worker.address] = contact.answered + ANSWER_AGAIN_SECONDS

    def holds(self, address: bytes, now: float) -> bool:
        """Returns whether the address was refused recently and must not be told to register."""
        return now < self._held.get(address, float("-inf"))

    def _forget(self, now: float) -> None:
        self._held = {address: until for address, until in self._held.items() if until > now}
        self._known = {key: contact for key, contact in self._known.items() if now - contact.seen < MEMORY_SECONDS}
        while len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
