"""The broker's side of Majordomo 0.2 (ZeroMQ RFC 18): turns frames into calls of the dispatcher.

Drops and counts messages that are not Majordomo. A peer may send an empty delimiter frame first; if it does, the broker
does so, too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from itertools import count
from typing import Final

import zmq

from broker import wire
from broker.announcement import describe, read_info, tell_nonsense
from broker.dispatch import Dispatcher
from broker.liveness import Liveness
from broker.mmi import ManagementHandler
from broker.refusals import Refusals, why_refused
from broker.request import OpenRequest, read_header
from broker.services import MAX_NAME_BYTES, RegisteredWorker, ServiceQueue, decode_name
from contract.errors import InvalidRequest
from contract.mesh import PREFIX as MMI_PREFIX
from contract.operation import INTERACTIVE

log = logging.getLogger(__name__)

#: Most frames in one message.
MAX_FRAMES: Final = 1024


class Majordomo:
    """The protocol side of the broker."""

    def __init__(self, dispatcher: Dispatcher, liveness: Liveness) -> None:
        self._dispatcher = dispatcher
        self._liveness = liveness
        self._management = ManagementHandler(dispatcher)
        self.refusals = Refusals(liveness.send, dispatcher.tell)
        self._numbers = count(1)

    def on_message(self, address: bytes, frames: Sequence[zmq.Frame]) -> None:
        """Handle one message: the sender's routing id and the frames after it."""
        start = 1 if frames and not len(frames[0]) else 0
        understood = False
        if start + 2 <= len(frames) <= MAX_FRAMES:
            protocol = short(frames[start])
            if protocol == wire.CLIENT:
                understood = self._on_client(address, start == 1, frames[start + 1 :])
            elif protocol == wire.WORKER:
                understood = self._on_worker(address, start == 1, frames[start + 1 :])
        if not understood:
            self._dispatcher.counters.malformed += 1
            log.debug("dropped a malformed message of %d frames from %s", len(frames), address.hex())

    def _on_client(self, address: bytes, delimiter: bool, frames: Sequence[zmq.Frame]) -> bool:
        """Handle `[command, service, *body]`. Returns False if the message is malformed."""
        if len(frames) < 3 or short(frames[0]) != wire.CLIENT_REQUEST:
            return False
        service_frame = short(frames[1])
        name = decode_name(service_frame)
        if name is None:
            return False
        body = frames[2:]
        now = time.time()
        request_id, deadline = read_header(body, now)
        request = OpenRequest(
            number=next(self._numbers),
            client=address,
            service_frame=service_frame,
            service=name,
            lane=INTERACTIVE,
            body=body,
            deadline=deadline - now + time.monotonic(),
            id=request_id,
            size=sum(map(len, body)),
            delimiter=delimiter,
            descriptor=descriptor_of(frames[0]),
        )
        self._route(request, name)
        return True

    def _route(self, request: OpenRequest, name: str) -> None:
        if name.startswith(MMI_PREFIX):
            self._management.handle(request)
            return
        try:
            request.service, request.lane = wire.split_lane(name)
        except wire.WireError as error:
            self._dispatcher.refuse(request, InvalidRequest(str(error)))
        else:
            self._dispatcher.submit(request)

    def _on_worker(self, address: bytes, delimiter: bool, frames: Sequence[zmq.Frame]) -> bool:
        """Handle `[command, ...]`. Returns False if the message is malformed."""
        command = short(frames[0])
        worker = self._dispatcher.workers.get(address)
        if command == wire.READY:
            return self._on_ready(address, delimiter, frames, worker)
        if command not in (wire.PARTIAL, wire.FINAL, wire.HEARTBEAT, wire.DISCONNECT):
            return False
        if worker is None:
            if command != wire.DISCONNECT and not self.refusals.holds(address, time.monotonic()):
                self._liveness.dismiss(address, delimiter)
            return True
        worker.seen = time.monotonic()
        if command == wire.DISCONNECT:
            self._dispatcher.leave(worker, "left")
        elif command != wire.HEARTBEAT:
            if len(frames) < 3 or len(frames[2]):
                return False
            self._dispatcher.answer(worker, short(frames[1]), frames[3:], command == wire.FINAL)
        return True

    def _on_ready(
        self, address: bytes, delimiter: bool, frames: Sequence[zmq.Frame], worker: RegisteredWorker | None
    ) -> bool:
        """Handle `[READY, service]` of a foreign worker, `[READY, service, map]` of ours; a repeat updates the worker.

        Refuses a worker of another contract version.
        """
        name = decode_name(short(frames[1])) if len(frames) in (2, 3) else None
        if name is None or "@" in name or name.startswith(MMI_PREFIX):
            return False
        info = read_info(frames[2]) if len(frames) == 3 else {}
        if info is None:
            return False
        refused = why_refused(info)
        if worker is not None and (refused or worker.service.name != name):
            self._dispatcher.leave(worker, refused or f"serves {name} now")
            worker = None
        if refused:
            stranger = RegisteredWorker(
                address, ServiceQueue(name), address.hex(), since=0.0, seen=0.0, delimiter=delimiter
            )
            describe(stranger, info)
            self.refusals.refuse(stranger, refused, time.monotonic())
            return True
        registered = worker is not None
        if worker is None:
            service = self._dispatcher.service(name)
            worker = RegisteredWorker(address, service, address.hex(), since=time.time(), seen=0.0, delimiter=delimiter)
        worker.seen = time.monotonic()
        worker.descriptor = descriptor_of(frames[0])
        if len(frames) == 3:
            describe(worker, info)
            tell_nonsense(worker, info)
        if registered:
            self._dispatcher.dispatch(worker.service)
        else:
            self._dispatcher.register(worker)
        return True


def short(frame: zmq.Frame) -> bytes:
    """Returns the bytes of a routing frame, or b"" if it is too long to be one."""
    return frame.bytes if len(frame) <= MAX_NAME_BYTES else b""


def descriptor_of(frame: zmq.Frame) -> int:
    """Returns the file descriptor of the connection that a frame came through, or -1 without one."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1
