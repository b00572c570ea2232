"""The base class of events."""

from __future__ import annotations

from typing import ClassVar

from contract.message import Message


class Event(Message):
    """Base class of all events."""

    __slots__ = ()
    topic: ClassVar[str]
