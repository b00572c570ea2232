"""Workers on a bare socket that answer squares, but misbehave: `python -m bench.faults.rogue KIND ENDPOINT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import zmq

from bench.faults.load import SERVICE, SQUARE
from broker import wire
from broker.process import die_with_parent
from broker.wire import Reply, reply_body, split_request
from contract.errors import InvalidRequest
from contract.operation import Buffer

#: Milliseconds between two heartbeats.
HEARTBEAT_MS: Final = 500
#: Messages of a flood, per request, and bytes of a reply that its worker does not live to finish.
FLOOD: Final = 500
LONG_REPLY: Final = 64 * 1024 * 1024

Dealer = zmq.Socket[bytes]
Answer = Callable[[Dealer, bytes, Sequence[Buffer]], None]


def final(dealer: Dealer, token: bytes, body: Sequence[Buffer]) -> None:
    dealer.send_multipart([wire.WORKER, wire.FINAL, token, b"", *body])


def twice(dealer: Dealer, token: bytes, body: Sequence[Buffer]) -> None:
    """Answer two times."""
    final(dealer, token, body)
    final(dealer, token, body)


def to_nothing(dealer: Dealer, token: bytes, body: Sequence[Buffer]) -> None:
    """Answer, and also answer a request that does not exist."""
    for other in (os.urandom(8), b"", bytes(8), b"x" * 300):
        final(dealer, other, body)
    final(dealer, token, body)


def flood(dealer: Dealer, token: bytes, body: Sequence[Buffer]) -> None:
    """Answer after many messages of all kinds."""
    for number in range(FLOOD):
        command = (wire.HEARTBEAT, wire.PARTIAL, wire.FINAL, b"\xff", wire.READY)[number % 5]
        dealer.send_multipart([wire.WORKER, command, token if command == wire.PARTIAL else b"t", b"", *body])
    final(dealer, token, body)


def in_mid_reply(dealer: Dealer, token: bytes, body: Sequence[Buffer]) -> None:
    """Die, once, while a long reply is on its way."""
    mark = Path(os.environ["SONICMESH_HOME"]) / "mid-reply"
    if mark.exists():
        final(dealer, token, body)
        return
    mark.touch()
    final(dealer, token, [*body, bytes(LONG_REPLY)])
    os.kill(os.getpid(), signal.SIGKILL)


KINDS: Final[dict[str, Answer]] = {
    "twice": twice,
    "to-nothing": to_nothing,
    "flood": flood,
    "in-mid-reply": in_mid_reply,
}


def main(kind: str, endpoint: str) -> None:
    """Serve until killed."""
    dealer: Dealer = zmq.Context.instance().socket(zmq.DEALER)
    dealer.connect(endpoint)
    ready = [wire.WORKER, wire.READY, SERVICE.encode(), wire.pack_map({"credit": 4, "worker": f"rogue_{kind}"})]
    dealer.send_multipart(ready)
    while True:
        if not dealer.poll(HEARTBEAT_MS):
            dealer.send_multipart([wire.WORKER, wire.HEARTBEAT])
            continue
        frames = dealer.recv_multipart()
        if frames[1] == wire.DISCONNECT:
            dealer.send_multipart(ready)
        if frames[1] != wire.REQUEST:
            continue
        header, params, _ = split_request(frames[4:])
        fine = header.op == SQUARE
        outcome = Reply({"square": params["n"] ** 2}) if fine else InvalidRequest("only squares here")
        KINDS[kind](dealer, frames[2], reply_body(header.id, outcome))


if __name__ == "__main__":
    die_with_parent()
    main(*sys.argv[1:])
