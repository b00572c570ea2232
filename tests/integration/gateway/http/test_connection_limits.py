"""Connections that are too slow or too many do not keep others out."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
import uvloop
from aiohttp import web

from bench.ports import free_port
from gateway.http import connection_limits
from gateway.http.listening import listen
from gateway.settings import GatewaySettings
from tests.harness.gateway_mesh import GatewayMesh, serving
from tests.harness.http import TIMEOUT
from tests.harness.waiting import eventually

HALF = b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: "
ALL, OF_ONE = 24, 16


@pytest.fixture(scope="module")
def narrow() -> Iterator[GatewayMesh]:
    with serving(
        "library",
        SONICMESH_CONNECTIONS=str(ALL),
        SONICMESH_CONNECTIONS_PER_ADDRESS=str(OF_ONE),
        SONICMESH_HEADER_SECONDS="2",
    ) as mesh:
        yield mesh


def begun(mesh: GatewayMesh, stack: ExitStack, source: str = "127.0.0.1", data: bytes = HALF) -> socket.socket:
    connection = stack.enter_context(closing(socket.socket()))
    connection.settimeout(TIMEOUT)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", mesh.port))
    connection.sendall(data)
    return connection


def test_half_open_connections_make_room(narrow: GatewayMesh) -> None:
    with ExitStack() as stack:
        for number in range(3 * ALL):
            begun(narrow, stack, f"127.0.0.{1 + number % 3}")
        assert narrow.get("/healthz").status == 200, "at once, not when they have been given up"


def test_a_head_that_does_not_come_is_given_up_and_told_so(narrow: GatewayMesh) -> None:
    with ExitStack() as stack:
        connection = begun(narrow, stack)
        head, _, body = eventually(lambda: connection.recv(65536), "an answer").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert json.loads(body)["error"]["code"] == "invalid_request"
        assert connection.recv(1) == b""


def test_a_drip_does_not_keep_a_connection(narrow: GatewayMesh) -> None:
    with ExitStack() as stack:
        connection = begun(narrow, stack)
        connection.settimeout(0.2)

        def ended() -> bool:
            try:
                connection.sendall(b"a")
                return connection.recv(65536) != b"never"
            except TimeoutError:
                return False
            except OSError:
                return True

        eventually(ended, "the connection is ended though something comes all the time")


def test_one_address_does_not_take_the_others_place(narrow: GatewayMesh) -> None:
    """Requests that are being answered make no room: whoever has used up theirs gets no more, and others do."""
    events = b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(OF_ONE):
            assert begun(narrow, stack, "127.0.0.2", events).recv(12) == b"HTTP/1.1 200"
        refused = begun(narrow, stack, "127.0.0.2", events).recv(65536)
        assert refused.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nRetry-After: 1\r\n" in refused
        assert json.loads(refused.partition(b"\r\n\r\n")[2])["error"]["code"] == "busy"
        assert narrow.get("/healthz").status == 200
    eventually(lambda: begun_and_answered(narrow, "127.0.0.2"), "they are free again")


def begun_and_answered(mesh: GatewayMesh, source: str) -> bool:
    with ExitStack() as stack:
        request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        return begun(mesh, stack, source, request).recv(12) == b"HTTP/1.1 200"


def test_behind_a_proxy_the_requests_of_a_person_are_counted() -> None:
    with serving(
        "embed.muq", "library", SONICMESH_PROXY_TRUSTED="127.0.0.1", SONICMESH_CONNECTIONS_PER_ADDRESS="4"
    ) as mesh:
        mesh.tell("slow-text", 3)
        answers: list[int] = []

        def ask(person: str, number: int) -> None:
            body = {"text": f"{person} {number}", "model": "muq"}
            answers.append(mesh.post("/embed_text", body, **{"X-Forwarded-For": person}).status)

        threads = [threading.Thread(target=ask, args=("203.0.113.1", number)) for number in range(12)]
        for thread in threads:
            thread.start()
        eventually(lambda: answers.count(429) >= 8, "those beyond four are refused")
        assert mesh.get("/healthz", **{"X-Forwarded-For": "203.0.113.2"}).status == 200, "others are not"
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200] * 4 + [429] * 8


def test_the_limit_of_open_files_is_raised_and_kept_to() -> None:
    code = (
        "import resource; from gateway.http.descriptors import connections_within; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 600)); "
        "print(connections_within(2000), connections_within(50), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 600
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["344", "50", "600", "600"]


def test_an_answer_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "READ_SECONDS", 1.0)
    monkeypatch.setattr(connection_limits, "LOOK_SECONDS", 0.1)
    port = free_port()

    async def large(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=bytes(64 * 2**20))

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/", large)
        these = connection_limits.ConnectionLimits(GatewaySettings(), 10)
        runner = await listen(app, "127.0.0.1", port, these)
        watching = asyncio.create_task(these.watch())
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(TIMEOUT):
            while not these.open:
                await asyncio.sleep(0.01)
            while these.open:
                await asyncio.sleep(0.1)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(64 * 2**20)
        watching.cancel()
        writer.close()
        await runner.cleanup()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
