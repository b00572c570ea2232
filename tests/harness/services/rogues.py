"""Workers without our loop, on a bare DEALER, that the broker must tolerate."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import zmq

from broker import wire
from broker.wire import Header, Reply, WireError, reply_body
from contract.operation import Buffer

#: Milliseconds between two heartbeats of a rogue that sends any.
HEARTBEAT_MS = 500

Dealer = zmq.Socket[bytes]
Answer = Callable[[Dealer, bytes, Sequence[bytes]], None]


def send(dealer: Dealer, *frames: Buffer) -> None:
    dealer.send_multipart([b"", wire.WORKER, *frames])


def good(body: Sequence[bytes]) -> list[Buffer]:
    """The reply that a good worker would send."""
    return reply_body(Header.unpack(body[0]).id, Reply({"fine": True}))


def garbage(dealer: Dealer, token: bytes, body: Sequence[bytes]) -> None:
    """Frames that make no sense, then an invalid reply."""
    dealer.send_multipart([b""])
    dealer.send_multipart([b"", wire.WORKER])
    send(dealer, b"\xff", token, b"", b"\xc1")
    send(dealer, wire.FINAL, token)
    send(dealer, wire.FINAL, b"not a token", b"", *good(body))
    send(dealer, wire.FINAL, token, b"", b"\xc1 no msgpack", b"\x00")


def twice(dealer: Dealer, token: bytes, body: Sequence[bytes]) -> None:
    """The same reply twice, then one to nobody."""
    for _ in range(2):
        send(dealer, wire.FINAL, token, b"", *good(body))
    send(dealer, wire.FINAL, b"somebody else", b"", *good(body))


def mute(_dealer: Dealer, _token: bytes, _body: Sequence[bytes]) -> None:
    """Takes requests and never answers."""


ROGUES: dict[str, Answer] = {"garbage": garbage, "twice": twice, "mute": mute, "never-heartbeats": mute}


def run(kind: str, endpoint: str, service: str) -> None:
    """Serve until killed. `never-heartbeats` says READY and then nothing at all."""
    dealer: Dealer = zmq.Context.instance().socket(zmq.DEALER)
    dealer.connect(endpoint)
    ready = [wire.READY, service.encode(), wire.pack_map({"credit": 1, "worker": kind})]
    send(dealer, *ready)
    while kind == "never-heartbeats":
        time.sleep(60)
    while True:
        if not dealer.poll(HEARTBEAT_MS):
            send(dealer, wire.HEARTBEAT)
            continue
        frames = dealer.recv_multipart()
        if frames[2] == wire.DISCONNECT:
            send(dealer, *ready)
        elif frames[2] == wire.REQUEST:
            try:
                ROGUES[kind](dealer, frames[3], frames[5:])
            except WireError:
                continue
