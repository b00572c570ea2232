"""The unix socket: one line in, one line out, whatever clients do."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from contract.errors import NotFound
from contract.settings import SettingsError
from gateway.upload.line import RequestLine
from gateway.upload.server import upload_socket
from gateway.upload.settings import UploadSocketSettings

HEALTH = b'{"action": "health"}\n'


@pytest.fixture
def path() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    yield folder / "embed.sock"
    shutil.rmtree(folder)


class Desk:
    """Answers `health` when `gate` is open; refuses everything else."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.lines: list[RequestLine] = []
        self.cancelled: list[RequestLine] = []

    async def answer(self, line: RequestLine) -> dict[str, Any]:
        self.lines.append(line)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(line)
            raise
        if line.action == "flush":
            raise RuntimeError("a defect")
        if line.action != "health":
            raise NotFound("told to refuse")
        return {"status": "ok"}


@asynccontextmanager
async def served(path: Path, **settings: Any) -> AsyncIterator[Desk]:
    desk = Desk()
    async with upload_socket(UploadSocketSettings(NAVIDROME_EMBED_SOCKET=str(path), **settings), desk.answer):
        yield desk


async def send(path: Path, raw: bytes, *, half_close: bool = True) -> dict[str, Any]:
    """The one reply; the connection is closed behind it."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**24)
    with contextlib.suppress(ConnectionError):
        writer.write(raw)
        if half_close:
            writer.write_eof()
        await writer.drain()
    lines = (await asyncio.wait_for(reader.read(), 60)).split(b"\n")
    writer.close()
    assert lines[1:] == [b""]
    reply: dict[str, Any] = orjson.loads(lines[0])
    return reply


def test_one_line_in_one_line_out(path: Path) -> None:
    async def run() -> None:
        async with served(path) as desk:
            assert path.stat().st_mode & 0o777 == 0o600
            assert await send(path, HEALTH) == {"status": "ok"}
            assert await send(path, HEALTH, half_close=False) == {"status": "ok"}
            assert await send(path, HEALTH.strip()) == {"status": "ok"}  # only the half-close ends the line
            assert await send(path, HEALTH + b"further bytes") == {"status": "ok"}
            refused = await send(path, b'{"music_file": "/a"}\n')
            assert refused == {"status": "error", "message": "told to refuse", "code": "not_found"}
            defect = await send(path, b'{"action": "flush"}\n')
            assert (defect["code"], "log" in defect["message"]) == ("internal", True)
            assert len(desk.lines) == 6
        assert not path.exists()

    asyncio.run(run())


def test_hostile_lines(path: Path) -> None:
    async def run() -> None:
        limits: dict[str, Any] = {"SONICMESH_UPLOAD_LINE_BYTES": "1024", "SONICMESH_UPLOAD_LINE_SECONDS": "0.5"}
        async with served(path, **limits) as desk:
            for raw, code in (
                (b"", "invalid_request"),
                (b"\n", "invalid_request"),
                (b"\0\0\0\n", "invalid_request"),
                (b"x" * 4096, "too_large"),
                (b"x" * 8_000_000 + b"\n", "too_large"),
                (b'{"music_file": "' + b"\xff" * 10 + b'"}\n', "invalid_request"),
            ):
                assert (await send(path, raw))["code"] == code
            slow = await send(path, b'{"action":', half_close=False)
            assert (slow["code"], "0.5 s" in slow["message"]) == ("deadline_exceeded", True)
            assert desk.lines == []
            assert await send(path, HEALTH) == {"status": "ok"}

    asyncio.run(run())


def test_clients_side_by_side_and_clients_that_leave(path: Path) -> None:
    async def run() -> None:
        async with served(path, SONICMESH_UPLOAD_CONNECTIONS="8") as desk:
            # Given eight clients that wait, seven of which have half-closed, as Navidrome does
            desk.gate.clear()
            waiting = [asyncio.create_task(send(path, HEALTH)) for _ in range(7)]
            _, leaver = await asyncio.open_unix_connection(str(path))
            leaver.write(HEALTH)
            while len(desk.lines) < 8:
                await asyncio.sleep(0.01)
            # Then a ninth is told so
            assert (await send(path, HEALTH))["code"] == "busy"
            # When the eighth leaves
            leaver.close()
            # Then its work ends at once, and the others get their replies
            while not desk.cancelled:
                await asyncio.sleep(0.01)
            assert len(desk.cancelled) == 1
            assert not any(task.done() for task in waiting)
            desk.gate.set()
            assert await asyncio.gather(*waiting) == [{"status": "ok"}] * 7
            assert await send(path, HEALTH) == {"status": "ok"}

    asyncio.run(run())


def test_stopping_ends_what_is_under_way(path: Path) -> None:
    async def run() -> bytes:
        async with served(path) as desk:
            desk.gate.clear()
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(HEALTH)
            while not desk.lines:
                await asyncio.sleep(0.01)
        rest = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        return rest

    assert asyncio.run(run()) == b""


DEAD = "import socket, sys, os; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); os._exit(0)"


def test_the_socket_of_a_dead_gateway_is_replaced(path: Path) -> None:
    subprocess.run([sys.executable, "-c", DEAD, str(path)], check=True)
    assert path.is_socket()

    async def run() -> dict[str, Any]:
        async with served(path, SONICMESH_EMBED_SOCKET_MODE="0660"):
            assert path.stat().st_mode & 0o777 == 0o660
            return await send(path, HEALTH)

    assert asyncio.run(run()) == {"status": "ok"}


def test_a_living_gateway_and_other_files_are_left_alone(path: Path) -> None:
    async def open_it() -> None:
        async with served(path):
            pass

    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(path))
        living.listen()
        with pytest.raises(SettingsError, match="another gateway listens"):
            asyncio.run(open_it())
    path.unlink()
    path.write_text("a letter")
    with pytest.raises(SettingsError, match="not a socket"):
        asyncio.run(open_it())
    assert path.read_text() == "a letter"
    assert list(path.parent.iterdir()) == [path]


def test_a_second_gateway_does_not_take_the_socket_away(path: Path) -> None:
    async def run() -> dict[str, Any]:
        async with served(path):
            with pytest.raises(SettingsError, match="another gateway"):
                async with served(path):
                    pass
            return await send(path, HEALTH)

    assert asyncio.run(run()) == {"status": "ok"}


def test_without_a_socket(path: Path) -> None:
    async def run() -> None:
        async with upload_socket(UploadSocketSettings(NAVIDROME_EMBED_SOCKET="off"), Desk().answer):
            assert not path.exists()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NAVIDROME_EMBED_SOCKET", "/tmp/" + "x" * 120),
        ("SONICMESH_EMBED_SOCKET_MODE", "0777777"),
        ("SONICMESH_EMBED_SOCKET_MODE", "rw"),
        ("SONICMESH_OPENAI_ENDPOINTS", "ftp://x"),
    ],
)
def test_bad_settings(variable: str, value: str) -> None:
    values: dict[str, Any] = {variable: value}
    with pytest.raises(ValueError, match=variable):
        UploadSocketSettings(**values)
