"""The client of the HTTP bench, against a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.http_load import BadAnswer, check, is_whole, run
from bench.http_servers import bare
from bench.ports import free_port


def test_every_connection_is_answered(tmp_path: Path) -> None:
    with bare(tmp_path) as server:
        check(server.port)
        figures = run(server.port, 8, 0.2)
    assert figures.rate >= 8
    assert 0 < figures.p50 < 8 / figures.rate * 10


def test_another_answer_is_no_figure() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}")

    async def serve() -> None:
        port = free_port()
        async with await asyncio.start_server(refuse, "127.0.0.1", port):
            with pytest.raises(BadAnswer, match="429"):
                await asyncio.to_thread(run, port, 2, 0.1)

    asyncio.run(serve())


@pytest.mark.parametrize(
    ("head", "rest", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3", b"{ }", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3", b"{", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"3\r\n{ }\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", b"3\r\n{ }\r\n", False),
    ],
)
def test_the_end_of_an_answer_is_seen(head: bytes, rest: bytes, whole: bool) -> None:
    assert is_whole(head, rest) is whole


def test_an_answer_without_an_end_is_bad() -> None:
    with pytest.raises(BadAnswer):
        is_whole(b"HTTP/1.1 200 OK", b"{}")
