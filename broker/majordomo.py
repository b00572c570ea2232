"""Majordomo 0.2 (ZeroMQ RFC 18) as the broker hears it: frames in, calls on the dispatcher out.

What is no Majordomo message is dropped and counted. Peers may put an empty delimiter frame first; each is answered
the way it speaks.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from itertools import count
from typing import Any

import zmq

from broker import wire
from broker.dispatch import Dispatcher
from broker.errors import InvalidRequest
from broker.liveness import Liveness
from broker.mmi import MMI_PREFIX, Management
from broker.request import Request, read_header
from broker.services import Worker

log = logging.getLogger(__name__)

#: Longest service name, in bytes.
MAX_NAME_BYTES = 255
#: Most requests a worker may ask to hold at once.
MAX_CREDIT = 10_000
#: More frames than these are no message of ours.
MAX_FRAMES = 1024
#: Maps and lists in a READY map may be nested so deep.
MAX_INFO_DEPTH = 8


class Majordomo:
    """The protocol side of the broker."""

    def __init__(self, dispatcher: Dispatcher, liveness: Liveness) -> None:
        self._dispatcher = dispatcher
        self._liveness = liveness
        self._management = Management(dispatcher)
        self._numbers = count(1)

    def on_message(self, address: bytes, frames: Sequence[zmq.Frame]) -> None:
        """One message: the sender's routing id and the frames behind it."""
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
        """`[command, service, *body]`; False where it is something else."""
        if len(frames) < 3 or short(frames[0]) != wire.CLIENT_REQUEST:
            return False
        service_frame = short(frames[1])
        name = decode_name(service_frame)
        if name is None:
            return False
        body = frames[2:]
        request_id, deadline = read_header(body, time.time())
        request = Request(
            number=next(self._numbers),
            client=address,
            service_frame=service_frame,
            service=name,
            lane=wire.INTERACTIVE,
            body=body,
            deadline=deadline,
            id=request_id,
            size=sum(map(len, body)),
            delimiter=delimiter,
            descriptor=descriptor_of(frames[0]),
        )
        self._route(request, name)
        return True

    def _route(self, request: Request, name: str) -> None:
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
        """`[command, ...]`; False where it is something else."""
        command = short(frames[0])
        worker = self._dispatcher.workers.get(address)
        if command == wire.READY:
            return self._on_ready(address, delimiter, frames, worker)
        if command not in (wire.PARTIAL, wire.FINAL, wire.HEARTBEAT, wire.DISCONNECT):
            return False
        if worker is None:
            if command != wire.DISCONNECT:
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

    def _on_ready(self, address: bytes, delimiter: bool, frames: Sequence[zmq.Frame], worker: Worker | None) -> bool:
        """`[READY, service]` of a foreign worker, `[READY, service, map]` of ours; sent again it updates."""
        name = decode_name(short(frames[1])) if len(frames) in (2, 3) else None
        if name is None or "@" in name or name.startswith(MMI_PREFIX):
            return False
        info = read_info(frames[2]) if len(frames) == 3 else {}
        if info is None:
            return False
        if worker is not None and worker.service.name != name:
            self._dispatcher.leave(worker, f"serves {name} now")
            worker = None
        known = worker is not None
        if worker is None:
            service = self._dispatcher.service(name)
            worker = Worker(address, service, address.hex(), since=time.time(), seen=0.0, delimiter=delimiter)
        worker.seen = time.monotonic()
        worker.descriptor = descriptor_of(frames[0])
        if len(frames) == 3:
            describe(worker, info)
        if known:
            self._dispatcher.dispatch(worker.service)
        else:
            self._dispatcher.register(worker)
        return True


def describe(worker: Worker, info: dict[str, Any]) -> None:
    """What the READY map says of a worker; without one it has credit 1."""
    worker.ours = True
    worker.info = info
    credit = info.get("credit")
    worker.credit = min(max(credit, 0), MAX_CREDIT) if isinstance(credit, int) else 1
    name = info.get("worker")
    if isinstance(name, str) and decode_name(name.encode()):
        worker.name = name


def read_info(frame: zmq.Frame) -> dict[str, Any] | None:
    """The map of a READY frame, or None where it is none, or nested too deep to be sent on."""
    try:
        info = wire.unpack_map(frame.buffer, wire.MAX_HEADER_BYTES)
    except wire.WireError:
        return None
    return info if is_shallow(info, MAX_INFO_DEPTH) else None


def is_shallow(value: Any, depth: int) -> bool:
    """Whether maps and lists are nested at most `depth` deep."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(is_shallow(item, depth - 1) for item in inner)


def short(frame: zmq.Frame) -> bytes:
    """The bytes of a routing frame; empty where it is longer than any of them may be."""
    return frame.bytes if len(frame) <= MAX_NAME_BYTES else b""


def decode_name(frame: bytes) -> str | None:
    """A service's name, or None where the frame holds none."""
    if not 0 < len(frame) <= MAX_NAME_BYTES:
        return None
    try:
        name = frame.decode()
    except UnicodeDecodeError:
        return None
    return name if name.isprintable() else None


def descriptor_of(frame: zmq.Frame) -> int:
    """File descriptor of the connection that a frame came through; -1 where there is none."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1
