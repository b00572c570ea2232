"""One request on its way through the broker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import zmq

from broker.wire import MAX_HEADER_BYTES, WireError, read_id_and_deadline, reply_body, unpack_map
from contract.errors import MeshError

#: A body frame: as received (never copied) or made by the broker.
Part = zmq.Frame | bytes
Body = Sequence[Part]

#: Seconds that a request may take if its body does not begin with our header.
FOREIGN_DEADLINE_SECONDS: Final = 60.0
#: Most seconds that a deadline may lie ahead; later ones are shortened to this.
LONGEST_DEADLINE_SECONDS: Final = 86_400.0
#: First bytes of a msgpack map: fixmap, map 16, map 32.
MAP_MARKERS: Final = frozenset([*range(0x80, 0x90), 0xDE, 0xDF])


@dataclass(slots=True, eq=False)
class OpenRequest:
    """A request: its client, its content and its progress.

    `number` is the broker's own; a worker names the request by `token` in its reply. `id` is empty if the body is not
    ours: such a client gets plain RFC 18 frames. `deadline` is in
    monotonic seconds: nobody sets that clock.
    """

    number: int
    client: bytes
    service_frame: bytes
    service: str
    lane: str
    body: Body
    deadline: float
    id: str = ""
    #: The client puts an empty frame before its messages, so replies get one, too.
    delimiter: bool = False
    #: File descriptor of the client's connection, which shows when the client is gone.
    descriptor: int = -1
    #: Bytes of the body as received.
    size: int = 0
    #: One entry for each worker that died on it: name and reason.
    deaths: list[str] = field(default_factory=list)
    #: Answered, cancelled or given up: later replies of a worker are dropped.
    closed: bool = False

    @property
    def token(self) -> bytes:
        return self.number.to_bytes(8, "big")

    def error_body(self, error: MeshError) -> list[bytes]:
        """Returns the body of an error reply: ours with the request's id, or `CODE message` for a foreign client."""
        if self.id:
            return [bytes(part) for part in reply_body(self.id, error)]
        return [f"{error.code} {error.message}".encode()]


def read_header(body: Body, now: float) -> tuple[str, float]:
    """Returns a request's id and deadline (unix seconds); an empty id and a default deadline if it is not ours."""
    first = body[0]
    if len(first) > MAX_HEADER_BYTES:
        return "", now + FOREIGN_DEADLINE_SECONDS
    frame = first.bytes if isinstance(first, zmq.Frame) else first
    request_id, deadline = read_id_and_deadline(frame) or _unpacked(frame) or ("", now + FOREIGN_DEADLINE_SECONDS)
    if math.isnan(deadline):
        return "", now + FOREIGN_DEADLINE_SECONDS
    return request_id, min(deadline, now + LONGEST_DEADLINE_SECONDS)


def _unpacked(frame: bytes) -> tuple[str, float] | None:
    if not frame or frame[0] not in MAP_MARKERS:
        return None
    try:
        header = unpack_map(frame, MAX_HEADER_BYTES)
    except WireError:
        return None
    request_id, deadline = header.get("id"), header.get("deadline")
    if not isinstance(request_id, str) or not isinstance(deadline, float | int):
        return None
    return request_id, float(deadline)
