"""The broker's events about workers: who registered, left or was refused.

Apart from the other events, which the broker does not load: with what they import, they take a megabyte.
"""

from __future__ import annotations

from typing import ClassVar

from contract.event import Event
from contract.message import message


@message
class WorkerEvent(Event):
    """Base class of the broker's events about a worker."""

    service: str
    worker: str
    host: str
    pid: int
    reason: str


@message
class WorkerUp(WorkerEvent):
    """A worker has registered."""

    topic: ClassVar[str] = "worker.up"


@message
class WorkerDown(WorkerEvent):
    """A worker left or is lost; `reason` says which."""

    topic: ClassVar[str] = "worker.down"


@message
class WorkerRefused(WorkerEvent):
    """The broker refused a worker that speaks another version of the contract. `reason` names both versions.

    Sent once per worker, however often it tries.
    """

    topic: ClassVar[str] = "worker.refused"
