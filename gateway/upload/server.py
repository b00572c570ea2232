"""The server of the upload socket: it reads one line, writes one line and closes the connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from contract.errors import Busy, DeadlineExceeded, Internal, InvalidRequest, MeshError, TooLarge
from gateway.upload.line import RequestLine, parse_line
from gateway.upload.listening import listen, remove
from gateway.upload.reply import Reply, error_reply
from gateway.upload.settings import OFF, UploadSocketSettings

#: Seconds that a client may take to read its reply.
WRITE_SECONDS: Final = 10.0
#: Seconds between two checks whether a client still waits for its reply.
LOOK_SECONDS: Final = 0.25
#: Limits, in bytes and seconds, for reading the rest of a refused request, so that its sender gets to read the error.
DRAIN_BYTES: Final = 16 * 1024 * 1024
DRAIN_SECONDS: Final = 2.0

Answer = Callable[[RequestLine], Awaitable[Reply]]

log = logging.getLogger(__name__)


@asynccontextmanager
async def upload_socket(settings: UploadSocketSettings, answer: Answer) -> AsyncIterator[None]:
    """Serve the socket inside the context. Raises `SettingsError` if it cannot be opened."""
    if settings.embed_socket == OFF:
        yield
        return
    path = Path(settings.embed_socket)
    listener = listen(path, settings.embed_socket_mode)
    inode = path.lstat().st_ino
    connections = Connections(settings, answer)
    server = await asyncio.start_unix_server(connections.serve, sock=listener, limit=settings.upload_line_bytes)
    log.info("uploads at %s", path)
    try:
        yield
    finally:
        server.close()
        await connections.close()
        remove(path, inode)


class Connections:
    """The open connections."""

    def __init__(self, settings: UploadSocketSettings, answer: Answer) -> None:
        self._settings = settings
        self._answer = answer
        self._tasks: set[asyncio.Task[Any]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection from its first byte to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            reply = await self._reply(reader, writer)
            await _send(writer, reply)
            if reply["status"] != "ok":
                await _drain(reader)
        except (ConnectionError, TimeoutError) as error:
            log.info("a client of the upload socket has left: %s", error or "it does not read its reply")
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def close(self) -> None:
        """Cancel all requests in progress."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _reply(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Reply:
        try:
            if len(self._tasks) > self._settings.upload_connections:
                raise Busy(f"{self._settings.upload_connections} connections are already open; try again later")
            line = parse_line(await self._read(reader))
            return await self._answer_unless_gone(line, writer)
        except MeshError as error:
            return error_reply(error)
        except TimeoutError:
            seconds = self._settings.upload_seconds
            return error_reply(DeadlineExceeded(f"the upload took longer than {seconds:g} s; nothing was kept"))
        except ConnectionError:
            raise
        except Exception:
            log.exception("a request of the upload socket failed")
            return error_reply(Internal("internal error; see the gateway's log"))

    async def _answer_unless_gone(self, line: RequestLine, writer: asyncio.StreamWriter) -> Reply:
        """Return the reply. If the client hangs up, cancel the work and raise `ConnectionError`."""
        work = asyncio.ensure_future(self._answer(line))
        gone = asyncio.ensure_future(_hung_up(writer))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ConnectionResetError(f"it hung up before its reply ({line.action})")
            return work.result()
        finally:
            work.cancel()
            gone.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """Read the line; its line feed may be missing if the client half-closed. Raises `MeshError`."""
        try:
            async with asyncio.timeout(self._settings.upload_line_seconds):
                return await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if not end.partial.strip():
                raise InvalidRequest("expected one line of JSON, but nothing arrived") from None
            return end.partial
        except asyncio.LimitOverrunError:
            raise TooLarge(f"a request line may have at most {self._settings.upload_line_bytes} bytes") from None
        except TimeoutError:
            seconds = self._settings.upload_line_seconds
            raise DeadlineExceeded(
                f"no complete line arrived within {seconds:g} s; a line ends with a line feed"
            ) from None


async def _hung_up(writer: asyncio.StreamWriter) -> None:
    """Return once the client has closed its socket.

    A half-close only ends the line and does not count. Linux reports a hang-up only for a full close, while reading
    sees the same end of file in both cases.
    """
    poll = select.poll()
    poll.register(writer.get_extra_info("socket").fileno(), 0)
    while not poll.poll(0):
        await asyncio.sleep(LOOK_SECONDS)


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        writer.write(orjson.dumps(reply) + b"\n")
        if writer.can_write_eof():
            writer.write_eof()
        await writer.drain()


async def _drain(reader: asyncio.StreamReader) -> None:
    remaining = DRAIN_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while remaining > 0 and (read := await reader.read(2**16)):
                remaining -= len(read)
