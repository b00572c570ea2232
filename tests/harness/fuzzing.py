"""Coverage-guided fuzzing of what strangers can send: `python -m tests.harness.fuzzing TARGET [-runs=N]`.

Targets: header, frames, events, upload. Needs atheris, which has no wheel for every platform.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["broker", "contract.shallow", "contract.errors", "gateway.upload"]):
    from broker import wire
    from broker.announcement import read_info
    from broker.events import decode_event
    from broker.request import read_header
    from gateway.upload.line import parse_line

import zmq

from contract.errors import InvalidRequest
from tests.harness.broker_protocol import BrokerProtocol

#: Requests that the broker holds at most in `frames`.
LIMIT = 8


def header(data: bytes) -> None:
    """The header of a request, as the broker and as a worker read it, and a reply."""
    frame = zmq.Frame(data)
    request_id, deadline = read_header([frame], time.time())
    assert isinstance(request_id, str)
    assert not math.isnan(deadline)
    read_info(frame)
    for split in (wire.split_request, wire.split_reply):
        try:
            split([data, b"\x80"])
        except wire.WireError:
            continue


def frames(data: bytes) -> None:
    """Messages to the broker, which still answers afterwards."""
    provider = atheris.FuzzedDataProvider(data)
    broker = BrokerProtocol(["s"], requests=LIMIT)
    for _ in range(provider.ConsumeIntInRange(1, 12)):
        start = [b""] * provider.ConsumeIntInRange(0, 1)
        protocol = provider.PickValueInList([wire.CLIENT, wire.WORKER, b"MDPX02"])
        command = bytes([provider.ConsumeIntInRange(0, 7)])
        rest = [
            provider.ConsumeBytes(provider.ConsumeIntInRange(0, 40)) for _ in range(provider.ConsumeIntInRange(0, 5))
        ]
        broker.receive(provider.PickValueInList([b"a", b"b"]), *start, protocol, command, *rest)
    broker.sent.clear()
    broker.ask(b"client", "alive", "mmi.queues")
    assert isinstance(broker.outcomes(b"client")["alive"], wire.Reply)


def events(data: bytes) -> None:
    """An event's body."""
    decode_event([b"t", data])


def upload(data: bytes) -> None:
    """A line of the upload socket."""
    try:
        parse_line(data)
    except InvalidRequest as error:
        assert error.message


TARGETS: dict[str, Callable[[bytes], None]] = {"header": header, "frames": frames, "events": events, "upload": upload}


if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()
