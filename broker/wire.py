"""The wire format: Majordomo 0.2 frames (ZeroMQ RFC 18) and the bodies that our own peers put into them.

A request body is `[header, params, *blobs]`, a reply body `[header, result, *blobs]`. Header, params and result
are msgpack maps; blobs are opaque; vectors are raw little-endian float32 (see `broker.vectors`). Nothing is ever
pickled. The broker only reads the header frame.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from struct import Struct
from typing import Any, Final

import msgpack

from contract.errors import Internal, MeshError, error_from_wire
from contract.message import Message, fields_of
from contract.operation import INTERACTIVE, LANES, Buffer

CLIENT: Final = b"MDPC02"
WORKER: Final = b"MDPW02"

#: Client commands (RFC 18, "MDP/Client").
CLIENT_REQUEST: Final = b"\x01"
CLIENT_PARTIAL: Final = b"\x02"
CLIENT_FINAL: Final = b"\x03"

#: Worker commands (RFC 18, "MDP/Worker").
READY: Final = b"\x01"
REQUEST: Final = b"\x02"
PARTIAL: Final = b"\x03"
FINAL: Final = b"\x04"
HEARTBEAT: Final = b"\x05"
DISCONNECT: Final = b"\x06"

#: Prefix of this process's ids: a random one for each id would cost ten times as much.
_RANDOM: Final = os.urandom(6).hex()
_NUMBERS: Final = count(1)

#: Largest header, params or result map that is decoded, in bytes.
MAX_MAP_BYTES: Final = 64 * 1024 * 1024
#: Largest header map that the broker decodes, in bytes.
MAX_HEADER_BYTES: Final = 16 * 1024

#: How `Header.pack` begins, in msgpack: a map of six, `id` of 32 bytes, `deadline` as a double.
_BEFORE_ID: Final = b"\x86\xa2id\xd9\x20"
_BEFORE_DEADLINE: Final = b"\xa8deadline\xcb"
_BEGIN: Final = Struct(f">{len(_BEFORE_ID)}s32s{len(_BEFORE_DEADLINE)}sd")

#: Longest plausible duration that a worker may report, in seconds; no call takes longer.
LONGEST_SECONDS: Final = 1e6


class WireError(ValueError):
    """A frame breaks the wire format. It is dropped and counted; callers never see this error."""


def pack_map(value: Mapping[str, Any] | Message) -> bytes:
    """Returns a map or message as a msgpack map; floats are 64 bit, strings UTF-8, bytes stay bytes."""
    packed: bytes = msgpack.packb(
        value if isinstance(value, Message) else dict(value), use_bin_type=True, default=fields_of
    )
    return packed


def unpack_map(frame: Buffer, limit: int = MAX_MAP_BYTES, *, any_keys: bool = False) -> dict[str, Any]:
    """Returns the map in a frame. Raises `WireError` for anything else; keys are strings, or bytes if `any_keys`."""
    if len(frame) > limit:
        raise WireError(f"a map of {len(frame)} bytes is too large; the limit is {limit}")
    try:
        value = msgpack.unpackb(
            frame,
            raw=False,
            strict_map_key=True,
            object_hook=None if any_keys else _with_names,
            ext_hook=_no_extension,
            timestamp=1,
        )
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise WireError(f"not msgpack: {error}") from error
    if not isinstance(value, dict):
        raise WireError(f"expected a map, not {type(value).__name__}")
    return value


def _with_names(value: dict[Any, Any]) -> dict[Any, Any]:
    """Returns the map. Raises `ValueError` unless all keys are strings, as JSON and readers of fields expect."""
    for key in value:
        if type(key) is not str:
            raise ValueError(f"the keys of a map must be strings, not {type(key).__name__}")
    return value


def _no_extension(code: int, _data: bytes) -> Any:
    raise ValueError(f"extension type {code} is not supported")


def new_id() -> str:
    """Returns 32 hex digits, unique to this request, even in a forked process."""
    return f"{_RANDOM}{os.getpid():08x}{next(_NUMBERS):012x}"


def split_lane(name: str) -> tuple[str, str]:
    """Splits `embed.muq@batch` into `embed.muq` and `batch`; no lane means interactive. Raises `WireError`."""
    service, at, lane = name.partition("@")
    if not service or (at and lane not in LANES):
        raise WireError(f"no such service or lane: {name[:80]!r}")
    return service, lane or INTERACTIVE


@dataclass(frozen=True, slots=True)
class Header:
    """First body frame of a request: its id, operation and deadline (unix seconds).

    The broker sorts by the lane in the service's name; `lane` is for the worker, which takes urgent calls first, too.
    """

    id: str
    op: str
    deadline: float
    attempt: int = 1
    trace: str = ""
    lane: str = INTERACTIVE

    @classmethod
    def new(cls, op: str, timeout: float, trace: str = "", lane: str = INTERACTIVE) -> Header:
        """Returns a header with a fresh id, due in `timeout` seconds."""
        identity = new_id()
        return cls(identity, op, time.time() + timeout, 1, trace or identity[:6] + identity[-6:], lane)

    def pack(self) -> bytes:
        """Returns the header as a map. The broker finds id and deadline by their places: see `read_id_and_deadline`."""
        return pack_map(
            {
                "id": self.id,
                "deadline": self.deadline,
                "op": self.op,
                "attempt": self.attempt,
                "trace": self.trace,
                "lane": self.lane,
            }
        )

    @classmethod
    def unpack(cls, frame: Buffer) -> Header:
        """Reads a header. Raises `WireError` if the frame is not one."""
        value = unpack_map(frame, MAX_HEADER_BYTES)
        try:
            header = cls(
                value["id"],
                value["op"],
                float(value["deadline"]),
                int(value.get("attempt", 1)),
                str(value.get("trace", "")),
                str(value.get("lane", INTERACTIVE)),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise WireError(f"not a request header: {error!r}") from error
        if not isinstance(header.id, str) or not isinstance(header.op, str):
            raise WireError("id and op of a request header must be strings")
        return header


def read_id_and_deadline(frame: bytes) -> tuple[str, float] | None:
    """Returns id and deadline of a header that `Header.pack` made with an id of `new_id`, else None.

    Reads nothing else: unpacking the whole map costs the broker more than any other step of a request.
    """
    if len(frame) < _BEGIN.size:
        return None
    before, identity, between, deadline = _BEGIN.unpack_from(frame)
    if before != _BEFORE_ID or between != _BEFORE_DEADLINE or not identity.isalnum():
        return None
    return identity.decode(), deadline


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: a result map and its blobs.

    `seconds` holds the worker loop's times: `queue` (wait in the worker) and `compute`; empty for other workers.
    """

    result: dict[str, Any] = field(default_factory=dict)
    blobs: Sequence[Buffer] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


def request_body(header: Header, params: Mapping[str, Any] | Message, blobs: Sequence[Buffer] = ()) -> list[Buffer]:
    """Returns the body frames of a request."""
    return [header.pack(), pack_map(params), *blobs]


def split_request(frames: Sequence[Buffer]) -> tuple[Header, dict[str, Any], list[Buffer]]:
    """Returns the header, params and blobs of a request body. Raises `WireError`."""
    if len(frames) < 2:
        raise WireError(f"a request body has a header and a params frame, not {len(frames)} frames")
    return Header.unpack(frames[0]), unpack_map(frames[1]), list(frames[2:])


def reply_body(request_id: str, reply: Reply | MeshError) -> list[Buffer]:
    """Returns the body frames of a reply or an error."""
    if isinstance(reply, MeshError):
        return [pack_map({"id": request_id, "ok": False, "error": reply.to_wire()}), pack_map({})]
    header = {"id": request_id, "ok": True, "seconds": dict(reply.seconds)}
    return [pack_map(header), pack_map(reply.result), *reply.blobs]


def split_reply(frames: Sequence[Buffer]) -> tuple[str, Reply | MeshError]:
    """Returns the request id and outcome of a reply body. Raises `WireError`."""
    if len(frames) < 2:
        raise WireError(f"a reply body has a header and a result frame, not {len(frames)} frames")
    header = unpack_map(frames[0])
    request_id = header.get("id")
    if not isinstance(request_id, str):
        raise WireError("a reply header must carry the request's id")
    if header.get("ok") is True:
        try:
            result = unpack_map(frames[1])
        except WireError as error:
            return request_id, Internal(f"the answer cannot be read: {error}")
        return request_id, Reply(result, list(frames[2:]), _seconds(header.get("seconds")))
    told = header.get("error")
    return request_id, error_from_wire(told if isinstance(told, dict) else {})


def _seconds(value: Any) -> dict[str, float]:
    """Returns the plausible times among those that a worker reports."""
    if not isinstance(value, dict):
        return {}
    return {k: float(v) for k, v in value.items() if isinstance(v, float | int) and 0 <= v < LONGEST_SECONDS}
