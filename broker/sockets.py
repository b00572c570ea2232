"""Small things that every ZeroMQ socket of ours needs."""

from __future__ import annotations

from collections.abc import Sequence

import zmq

from broker.request import Part

#: Messages that may wait in a socket for one peer; beyond that they are refused, not blocked on.
HIGH_WATER_MARK = 10_000


def prepare(socket: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
    """No lingering at exit, room for bursts."""
    socket.linger = 0
    socket.sndhwm = HIGH_WATER_MARK
    socket.rcvhwm = HIGH_WATER_MARK
    return socket


def receive_frames(socket: zmq.Socket[bytes]) -> list[zmq.Frame]:
    """All frames of one message, uncopied. Raises `zmq.Again` where none waits."""
    frame = socket.recv(zmq.NOBLOCK, copy=False)
    frames = [frame]
    while frame.more:
        frame = socket.recv(zmq.NOBLOCK, copy=False)
        frames.append(frame)
    return frames


def send_frames(socket: zmq.Socket[bytes], frames: Sequence[Part]) -> None:
    """Send one message without blocking; large frames are not copied, so they must never change. Raises `ZMQError`."""
    for part in frames[:-1]:
        socket.send(part, zmq.NOBLOCK | zmq.SNDMORE, copy=False)
    socket.send(frames[-1], zmq.NOBLOCK, copy=False)
