"""The socket-free core of both clients: open calls, their retries and deadlines."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from broker.wire import (
    CLIENT,
    CLIENT_FINAL,
    CLIENT_REQUEST,
    Header,
    Reply,
    WireError,
    pack_map,
    request_body,
    split_reply,
)
from contract.errors import DeadlineExceeded, Internal, MeshError
from contract.mesh import CancelRequest, Management
from contract.message import Message
from contract.operation import INTERACTIVE, LANES, Buffer

log = logging.getLogger(__name__)

#: Seconds that a client waits beyond a deadline for the broker's own reply.
GRACE_SECONDS: Final = 0.5
#: Seconds by which the machine's clock must have been set for a call to be sent again.
CLOCK_STEP_SECONDS: Final = 0.5

Outcome = Reply | MeshError
Frames = list[Buffer]


@dataclass(slots=True, eq=False)
class OpenCall:
    """One call that has not been answered. `until` is its deadline in monotonic seconds."""

    header: Header
    service: bytes
    payload: Sequence[Buffer]
    done: Callable[[Outcome], None]
    until: float

    @property
    def misdated(self) -> bool:
        """Whether the machine's clock was set after the header was made, so that others misread its deadline."""
        return abs(self.until + clock() - self.header.deadline) > CLOCK_STEP_SECONDS

    def frames(self) -> Frames:
        return [CLIENT, CLIENT_REQUEST, self.service, self.header.pack(), *self.payload]


class OpenCalls:
    """The table of open calls. Not thread-safe: it belongs to the socket's owner."""

    def __init__(self) -> None:
        self._calls: dict[str, OpenCall] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, call: OpenCall) -> Frames:
        """Remember a call. Returns the frames to send."""
        self._calls[call.header.id] = call
        return call.frames()

    def receive(self, frames: Sequence[Buffer]) -> Frames | None:
        """Settle the call that a message answers; drop messages that answer no open call.

        Returns the frames to send instead if the deadline has passed only because the machine's clock was set.
        """
        if len(frames) < 4 or frames[0] != CLIENT or frames[1] != CLIENT_FINAL:
            return None
        try:
            request_id, outcome = split_reply(frames[3:])
        except WireError as error:
            log.warning("dropped a reply from %s: %s", bytes(frames[2]).decode(errors="replace"), error)
            return None
        if isinstance(outcome, DeadlineExceeded):
            call = self._calls.get(request_id)
            if call is not None and call.misdated and time.monotonic() < call.until:
                return self._again(call)
        self.settle(request_id, outcome)
        return None

    def settle(self, request_id: str, outcome: Outcome) -> None:
        """End a call if it is still open."""
        call = self._calls.pop(request_id, None)
        if call is not None:
            call.done(outcome)

    def resend(self) -> list[Frames]:
        """Returns the frames of every open call, as the next attempt: the broker may have forgotten them."""
        return [self._again(call) for call in tuple(self._calls.values())]

    def _again(self, call: OpenCall) -> Frames:
        """Returns the frames of a call's next attempt. Its deadline is the same, by the clock as it is now."""
        header = replace(call.header, attempt=call.header.attempt + 1)
        if call.misdated:
            header = replace(header, deadline=call.until + clock())
        again = self._calls[header.id] = replace(call, header=header)
        return again.frames()

    def open(self) -> list[tuple[str, OpenCall]]:
        """Returns the open calls with their ids."""
        return list(self._calls.items())

    def expire(self) -> None:
        """Settle the calls whose deadline has passed without a reply."""
        limit = time.monotonic() - GRACE_SECONDS
        for call in [call for call in self._calls.values() if call.until < limit]:
            del self._calls[call.header.id]
            service = call.service.decode()
            call.done(DeadlineExceeded(f"no answer from {service} to {call.header.op}; is the broker running?"))

    def cancel(self, request_id: str) -> Frames | None:
        """Forget a call. Returns the frames that take it back, or None if it is not open."""
        if self._calls.pop(request_id, None) is None:
            return None
        name = Management.cancel.name
        body = request_body(Header.new(name, GRACE_SECONDS), CancelRequest(id=request_id))
        return [CLIENT, CLIENT_REQUEST, name.encode(), *body]

    def fail_all(self, error: MeshError) -> None:
        """Fail all open calls."""
        while self._calls:
            self._calls.popitem()[1].done(error)


def new_call(
    service: str,
    op: str,
    params: Mapping[str, Any] | Message | None,
    blobs: Sequence[Buffer],
    timeout: float,
    lane: str,
    trace: str,
    done: Callable[[Outcome], None],
) -> OpenCall:
    """Make a call with a fresh id. Blobs must not change until it settles. Raises `ValueError` for an unknown lane."""
    if lane not in LANES:
        raise ValueError(f"there is no lane {lane!r}; the lanes are {', '.join(LANES)}")
    name = service if lane == INTERACTIVE else f"{service}@{lane}"
    payload = [pack_map(params or {}), *blobs]
    return OpenCall(Header.new(op, timeout, trace, lane), name.encode(), payload, done, time.monotonic() + timeout)


def clock() -> float:
    """Returns what makes unix seconds of monotonic ones; it jumps when somebody sets the machine's clock."""
    return time.time() - time.monotonic()


def closed() -> MeshError:
    """Returns the error for calls of a closed client."""
    return Internal("the client was closed before the reply arrived")
