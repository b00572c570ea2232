"""Helpers for all our ZeroMQ sockets."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, cast

import zmq
import zmq.backend
from zmq.backend import zmq_poll

from broker.request import Part

#: Messages that may wait in a socket for one peer; further ones are refused without blocking.
HIGH_WATER_MARK: Final = 10_000
#: A monitor message begins with the event (16 bit) and its value (32 bit), in native order.
MONITOR_EVENT: Final = struct.Struct("=Hi")
#: Flags as plain numbers: the `|` of an enumeration costs more than the send itself.
READABLE: Final = int(zmq.POLLIN)
NOWAIT: Final = int(zmq.NOBLOCK)
NOWAIT_MORE: Final = int(zmq.NOBLOCK) | int(zmq.SNDMORE)
#: Parts smaller than this many bytes are copied, which costs less than sharing them.
COPIED: Final = 64 * 1024


def prepare(socket: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
    """Set a socket up: no linger at exit, room for bursts."""
    socket.linger = 0
    socket.sndhwm = HIGH_WATER_MARK
    socket.rcvhwm = HIGH_WATER_MARK
    return socket


class FrameSocket:
    """Sends and receives frame by frame, on pyzmq's lowest layer: this is the broker's hot path."""

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._send = partial(zmq.backend.Socket.send, socket)
        self._asked = [(socket, READABLE)]
        self._receive: Callable[[int, bool], zmq.Frame] = partial(zmq.backend.Socket.recv, socket)  # type: ignore[assignment]  # its stub knows no Frame

    def is_readable(self) -> bool:
        """Returns whether a message waits; cheaper than a poller, or the exception of an empty `receive`."""
        return bool(zmq_poll(self._asked, 0))

    def receive_from(self) -> tuple[bytes, list[zmq.Frame]]:
        """Receive from a ROUTER: the sender's routing id, which other frames always follow, and those frames, uncopied.

        Raises `zmq.Again` if no message waits.
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
        """Receive all frames of one message, uncopied. Raises `zmq.Again` if none waits."""
        receive = self._receive
        frame = receive(NOWAIT, False)
        frames = [frame]
        while frame.more:
            frame = receive(NOWAIT, False)
            frames.append(frame)
        return frames

    def send(self, frames: Sequence[Part | memoryview]) -> None:
        """Send one message without blocking. Large frames are not copied and must never change.

        Raises `zmq.ZMQError`: EAGAIN, or EHOSTUNREACH from a ROUTER.
        """
        send = self._send
        for part in frames[:-1]:
            send(part, NOWAIT_MORE, type(part) is bytes and len(part) < COPIED)
        part = frames[-1]
        send(part, NOWAIT, type(part) is bytes and len(part) < COPIED)

    def send_to(self, address: bytes, frames: Sequence[Part]) -> None:
        """Send from a ROUTER: like `send`, with the receiver's routing id first."""
        self._send(address, NOWAIT_MORE, True)
        self.send(frames)


def read_monitor(monitor: zmq.Socket[bytes]) -> tuple[int, int]:
    """Read the event and value of the next monitor message; pyzmq's own reader would import asyncio."""
    frames = monitor.recv_multipart()
    event, value = MONITOR_EVENT.unpack(frames[0])
    return event, value
