"""Small things that every ZeroMQ socket of ours needs."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import zmq
import zmq.backend
from zmq.backend import zmq_poll

from broker.request import Part

#: Messages that may wait in a socket for one peer; beyond that they are refused, not blocked on.
HIGH_WATER_MARK = 10_000
#: A monitor message begins with the event (16 bit) and its value (32 bit), in native order.
MONITOR_EVENT = struct.Struct("=Hi")
#: Flags as plain numbers: an enumeration's `|` costs more than the send itself.
READABLE = int(zmq.POLLIN)
NOWAIT = int(zmq.NOBLOCK)
NOWAIT_MORE = int(zmq.NOBLOCK) | int(zmq.SNDMORE)
#: Bytes below which a part is copied: that costs less than sharing it.
COPIED = 64 * 1024


def prepare(socket: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
    """No lingering at exit, room for bursts."""
    socket.linger = 0
    socket.sndhwm = HIGH_WATER_MARK
    socket.rcvhwm = HIGH_WATER_MARK
    return socket


class FrameSocket:
    """Messages in and out of a socket, frame by frame: pyzmq's lowest layer, because this is the broker's hot path."""

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._send = partial(zmq.backend.Socket.send, socket)
        self._asked = [(socket, READABLE)]
        self._receive: Callable[[int, bool], zmq.Frame] = partial(zmq.backend.Socket.recv, socket)  # type: ignore[assignment]  # its stub knows no Frame

    def is_readable(self) -> bool:
        """Whether a message waits: cheaper than a poll, or than the exception of an empty `receive`."""
        return bool(zmq_poll(self._asked, 0))

    def receive_from(self) -> tuple[bytes, list[zmq.Frame]]:
        """Of a ROUTER: the sender's routing id, which always has more behind it, and the other frames, uncopied.

        Raises `zmq.Again` where no message waits.
        """
        receive = self._receive
        address = cast(bytes, receive(NOWAIT, True))
        frame = receive(NOWAIT, False)
        frames = [frame]
        while frame.more:
            frame = receive(NOWAIT, False)
            frames.append(frame)
        return address, frames

    def receive(self) -> list[zmq.Frame]:
        """All frames of one message, uncopied. Raises `zmq.Again` where none waits."""
        receive = self._receive
        frame = receive(NOWAIT, False)
        frames = [frame]
        while frame.more:
            frame = receive(NOWAIT, False)
            frames.append(frame)
        return frames

    def send(self, frames: Sequence[Part | memoryview]) -> None:
        """Send one message without blocking. Large frames are not copied: they must never change.

        Raises `zmq.ZMQError`: EAGAIN, or EHOSTUNREACH from a ROUTER.
        """
        send = self._send
        for part in frames[:-1]:
            send(part, NOWAIT_MORE, type(part) is bytes and len(part) < COPIED)
        part = frames[-1]
        send(part, NOWAIT, type(part) is bytes and len(part) < COPIED)

    def send_to(self, address: bytes, frames: Sequence[Part]) -> None:
        """Of a ROUTER: as `send`, with the receiver's routing id first."""
        self._send(address, NOWAIT_MORE, True)
        self.send(frames)


def read_monitor(monitor: zmq.Socket[bytes]) -> tuple[int, int]:
    """Event and value of the next monitor message. pyzmq's own reader brings asyncio along."""
    frames = monitor.recv_multipart()
    event, value = MONITOR_EVENT.unpack(frames[0])
    return event, value
