"""A client that keeps several connections busy, one request at a time each, and counts the answers."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import uvloop

from bench.http_peers.echo import MODEL, answer

#: Characters in each text; no two requests share a text, so that no cache answers.
TEXT_LENGTH: Final = 64
#: Seconds after which an answer counts as lost.
PATIENCE_S: Final = 30.0
HOST: Final = "127.0.0.1"
PATH: Final = "/embed_text"
END_OF_HEAD: Final = b"\r\n\r\n"
LAST_CHUNK: Final = b"0\r\n\r\n"

_numbers = itertools.count()


class BadAnswer(Exception):
    """A server under test did not do the work; its timings are worthless."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Answers per second, and the seconds within which half and 95 % of the requests were answered."""

    rate: float
    p50: float
    p95: float


def body() -> bytes:
    """Returns the next request's body, always of the same length."""
    text = f"{next(_numbers):012d} calm piano, no drums, ".ljust(TEXT_LENGTH, "x")
    return json.dumps({"text": text, "model": MODEL}).encode()


def message(port: int, content: bytes, path: str = PATH) -> bytes:
    """Returns one HTTP request."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


class Connection(asyncio.Protocol):
    """Sends the next request after each answer until stopped; `waits` holds the seconds of each request."""

    def __init__(self, request: Callable[[], bytes], running: Callable[[], bool]) -> None:
        self.waits: list[float] = []
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._running = running
        self._sent = 0.0
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's class does not declare it
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(END_OF_HEAD)
        if not found or not is_whole(head, rest):
            return
        self.waits.append(time.perf_counter() - self._sent)
        self._received = b""
        if head[9:12] != b"200":
            self._end(BadAnswer(f"{head.decode(errors='replace')} {rest[:200]!r}"))
        elif self._running():
            self._ask()
        else:
            self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(BadAnswer(f"the server hung up: {exc!r}"))

    def _ask(self) -> None:
        assert self._transport is not None
        self._sent = time.perf_counter()
        self._transport.write(self._request())

    def _end(self, error: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(error) if error else self.finished.set_result(None)
        if self._transport is not None:
            self._transport.close()


def is_whole(head: bytes, rest: bytes) -> bool:
    """Returns whether an answer is complete, by its length or its last chunk. Raises `BadAnswer` if neither tells."""
    lines = head.lower().split(b"\r\n")
    for line in lines:
        if line.startswith(b"content-length:"):
            return len(rest) >= int(line[15:])
    if b"transfer-encoding: chunked" in lines:
        return rest.endswith(LAST_CHUNK)
    raise BadAnswer(f"no length: {head!r}")


def run(port: int, connections: int, seconds: float, request: Callable[[], bytes] | None = None) -> Figures:
    """Keep the server busy for `seconds`; `request` makes each whole HTTP request. Raises `BadAnswer`, `OSError`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(port, connections, seconds, request or (lambda: message(port, body()))))


async def _run(port: int, connections: int, seconds: float, request: Callable[[], bytes]) -> Figures:
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds

    def running() -> bool:
        return time.perf_counter() < end

    began = time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: Connection(request, running), HOST, port))[1] for _ in range(connections)
    ]
    async with asyncio.timeout(seconds + PATIENCE_S):
        await asyncio.gather(*(connection.finished for connection in opened))
    took = time.perf_counter() - began
    waits = sorted(wait for connection in opened for wait in connection.waits)
    return Figures(len(waits) / took, statistics.median(waits), waits[int(0.95 * (len(waits) - 1))])


def check(port: int) -> None:
    """Send one request and check the whole answer. Raises `BadAnswer`, `OSError`, `http.client.HTTPException`."""
    asked = body()
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_S)
    try:
        connection.request("POST", PATH, asked, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status != 200 or json.loads(content) != answer(json.loads(asked)):
        raise BadAnswer(f"{response.status} {content[:200]!r}")
