"""Receives request bodies, with limits on the compressed size, the decompressed size and the total of all bodies.

Large bodies are processed off the event loop. Nothing is received until the handler asks for it, which is after the
token check.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from aiohttp import web

from contract.errors import Busy, InvalidRequest, TooLarge
from gateway.settings import GatewaySettings

T = TypeVar("T")

#: Bytes up to which a body is decompressed and parsed on the event loop: that takes less than a millisecond.
SMALL_BYTES: Final = 64 * 1024
#: Bytes decompressed at a time beyond that.
STEP_BYTES: Final = 1024 * 1024
#: Largest compression ratio of bodies above `STEP_BYTES`. JSON compresses three- to twentyfold.
MOST_RATIO: Final = 100
#: zlib's window bits for each supported encoding.
PACKINGS: Final = {"gzip": 31, "deflate": 15}
#: Most occurrences of JSON's structural characters in a body. They bound the number of keys, lists, maps and values,
#: each of which costs time and memory. The largest useful body has a million numbers and a few thousand lists.
MOST_OF: Final = {b":": 250_000, b"[": 100_000, b"{": 100_000, b",": 2_000_000}
#: Seconds before a client resends a body that did not fit beside the others.
RETRY_AFTER_SECONDS: Final = 2
#: Bodies parsed in parallel off the loop: parsing holds the interpreter's lock most of the time.
THREADS: Final = 1

#: Bytes that a request holds of the budget of all bodies.
HELD: web.RequestKey[int] = web.RequestKey("held_bytes", int)


class BodyReader:
    """Shared by all requests: the memory budget of large bodies, and the thread that parses them."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._left = settings.bodies_bytes
        self._most = settings.body_bytes
        self._seconds = settings.body_seconds
        self._thread = ThreadPoolExecutor(THREADS, "body")

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def receive(self, request: web.Request) -> bytes | bytearray:
        """Return the decompressed body. Raises `InvalidRequest`, `TooLarge`, `Busy`."""
        packing = _packing(request)
        if (request.content_length or 0) > self._most:
            raise TooLarge(f"the body has {request.content_length} bytes; the limit is {self._most}")
        try:
            # Small bodies arrive with their head, so there is nothing to wait for.
            body = self._present(request) if request.content.is_eof() else await self._arrived(request)
        except web.RequestPayloadError:
            detail = {"field": "", "reason": "broken transfer"}
            raise InvalidRequest("the body cannot be read: its transfer is malformed", detail) from None
        return body if packing is None or not body else await self._unpacked(request, body, PACKINGS[packing])

    async def beside(self, work: Callable[[], T]) -> T:
        """Run `work`, which parses a large body, off the event loop and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def give_back(self, request: web.BaseRequest) -> None:
        """Return the bytes that a finished request held to the budget."""
        self._left += request.get(HELD, 0)

    def _take(self, request: web.Request, size: int) -> None:
        if size > self._left:
            raise Busy(
                "other large requests are being read; try again in a moment", {"retry_after": RETRY_AFTER_SECONDS}
            )
        self._left -= size
        request[HELD] = request.get(HELD, 0) + size

    def _present(self, request: web.Request) -> bytes:
        """Return a body that has arrived; aiohttp's own `read` would copy it twice."""
        body = request.content.read_nowait()
        if len(body) > self._most:
            raise TooLarge(f"a body has at most {self._most} bytes")
        return body

    async def _arrived(self, request: web.Request) -> bytearray:
        """Receive a slow body as sent; its announced size is held from the start."""
        announced = request.content_length or 0
        if announced > SMALL_BYTES:
            self._take(request, announced)
        body, reserved = bytearray(), max(announced, SMALL_BYTES)
        try:
            async with asyncio.timeout(self._seconds):
                await _say_continue(request)
                while chunk := await request.content.readany():
                    body += chunk
                    if len(body) > self._most:
                        raise TooLarge(f"a body may have at most {self._most} bytes")
                    if len(body) > reserved:
                        self._take(request, STEP_BYTES)
                        reserved += STEP_BYTES
        except TimeoutError:
            raise InvalidRequest(
                f"the body did not arrive within {self._seconds:g} s", {"field": "", "reason": "too slow"}
            ) from None
        return body

    async def _unpacked(self, request: web.Request, packed: bytes | bytearray, window: int) -> bytearray:
        if window == 15 and packed[0] & 15 != 8:
            window = -15  # deflate without its header, as some clients send it
        unpacker = zlib.decompressobj(window)
        body = bytearray()
        rest: bytes | bytearray = packed
        try:
            body += unpacker.decompress(rest, SMALL_BYTES)
            while not unpacker.eof and (rest := unpacker.unconsumed_tail):
                self._take(request, STEP_BYTES)
                body += await self.beside(lambda rest=rest: unpacker.decompress(rest, STEP_BYTES))  # type: ignore[misc]
                self._check_size(len(body), len(packed))
        except zlib.error:
            raise _broken_packing() from None
        if not unpacker.eof or unpacker.unused_data:
            raise _broken_packing()
        return body

    def _check_size(self, size: int, packed: int) -> None:
        if size > self._most:
            raise TooLarge(f"a body may have at most {self._most} bytes once it is decompressed")
        if size > STEP_BYTES and size > MOST_RATIO * packed:
            raise TooLarge(f"the body is compressed more than {MOST_RATIO}-fold: send it uncompressed")


def check_shape(body: bytes | bytearray) -> None:
    """Raises `TooLarge` if a large body has more keys, lists or values than any useful one."""
    for character, most in MOST_OF.items():
        if len(body) > most and body.count(character) > most:
            raise TooLarge(f"the body has more than {most} {character.decode()!r}: that is more than any request needs")


def _broken_packing() -> InvalidRequest:
    detail = {"field": "Content-Encoding", "reason": "damaged compressed data"}
    return InvalidRequest("the body cannot be read: its compressed data is damaged", detail)


def _packing(request: web.Request) -> str | None:
    """Return a key of `PACKINGS`, or None if the body is not compressed. Raises `InvalidRequest`."""
    if "Content-Encoding" not in request.headers:
        return None
    named = ",".join(request.headers.getall("Content-Encoding", ())).strip().lower()
    packing = {"": None, "identity": None, "x-gzip": "gzip"}.get(named, named)
    if packing is not None and packing not in PACKINGS:
        raise InvalidRequest(
            f"Content-Encoding: send the body uncompressed, or compressed with {' or '.join(PACKINGS)}",
            {"field": "Content-Encoding", "reason": "unknown compression"},
        )
    return packing


async def _say_continue(request: web.Request) -> None:
    """Send `100 Continue` to a client that waits for it before sending its body."""
    if "Expect" in request.headers:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the response itself has not begun
