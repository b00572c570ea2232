"""Bodies: none is decompressed without permission, none grows without limit, and none delays others."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
import typing
import zlib
from collections.abc import Iterator
from typing import Any

import annotated_types
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.types import FailFast

from contract.bounds import MaxLen
from contract.errors import InvalidRequest, TooLarge
from contract.fields import StopsAtFirstFault
from contract.message import Message
from gateway.http import body
from gateway.http.body import validate
from gateway.http.body_reader import BodyReader, check_shape
from gateway.keys import BODY_READER
from gateway.playlist.schema import PlaylistRequest
from gateway.routes import MAIN
from gateway.settings import GatewaySettings
from gateway.text.schema import TextRequest
from tests.harness.gateway_mesh import USER, GatewayMesh, serving
from tests.harness.http import TIMEOUT, raw

MIB = 1024 * 1024
VALID = json.dumps(USER).encode()
JSON = {"Content-Type": "application/json"}


def cpu_seconds(mesh: GatewayMesh) -> float:
    assert mesh.gateway is not None
    with open(f"/proc/{mesh.gateway.pid}/stat") as file:  # noqa: PTH123  no path of a real file
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """4 GiB of spaces in 4 MiB, which take seconds to unpack: the same block again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * (16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + 256 * block


@pytest.mark.parametrize("path", ["/nope", "/healthz", "/batch/start", "/api/recommendations/save"])
def test_what_nobody_wants_is_not_unpacked(mesh: GatewayMesh, bomb: bytes, path: str) -> None:
    before = cpu_seconds(mesh)
    answer = mesh.request("POST", path, bomb, {**JSON, "Content-Encoding": "gzip"})
    assert answer.status in {401, 404, 405, 413}
    assert answer.code in {"unauthorized", "not_found", "invalid_request", "too_large"}
    assert cpu_seconds(mesh) - before < 0.5, "a bomb was unpacked"


@pytest.mark.parametrize(
    ("content", "packing", "status"),
    [
        (gzip.compress(VALID), "gzip", 200),
        (gzip.compress(VALID), "X-GZIP", 200),
        (zlib.compress(VALID), "deflate", 200),
        (zlib.compress(VALID)[2:-4], "deflate", 200),
        (VALID, "identity", 200),
        (gzip.compress(b" " * 3 * MIB + VALID), "gzip", 413),  # more than a hundredfold
        (gzip.compress(VALID)[:-9], "gzip", 400),
        (gzip.compress(VALID) + b"x", "gzip", 400),
        (VALID, "br", 400),
        (VALID, "zstd", 400),
        (VALID, "gzip, gzip", 400),
        (VALID, "compress", 400),
    ],
)
def test_packings(mesh: GatewayMesh, content: bytes, packing: str, status: int) -> None:
    answer = mesh.request("POST", "/playlist/recent", content, {**JSON, "Content-Encoding": packing})
    assert answer.status == status
    if status == 400:
        assert answer.field == "Content-Encoding"


@pytest.fixture(scope="module")
def small() -> Iterator[GatewayMesh]:
    with serving("search", "library", SONICMESH_BODY_BYTES=str(MIB), SONICMESH_BODIES_BYTES=str(2 * MIB)) as mesh:
        yield mesh


def test_large_bodies_share_what_there_is(small: GatewayMesh) -> None:
    head = b"POST /playlist/recent HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n{" % MIB
    body = json.dumps({**USER, "x": "a" * (MIB // 2)}).encode()
    held = [socket.create_connection(("127.0.0.1", small.port), timeout=TIMEOUT) for _ in range(2)]
    try:
        # When two bodies in transit take all of it
        for connection in held:
            connection.sendall(head)
        refused = _until(lambda: small.request("POST", "/playlist/recent", body, JSON), 429)
        assert (refused.code, refused.headers["Retry-After"]) == ("busy", "2")
        # Then small ones are read as usual
        assert small.playlist().status == 200
    finally:
        for connection in held:
            connection.close()
    # And large ones, once these are done
    assert _until(lambda: small.request("POST", "/playlist/recent", body, JSON), 200).status == 200


def _until(ask: Any, status: int) -> Any:
    end = time.monotonic() + TIMEOUT
    while (answer := ask()).status != status and time.monotonic() < end:
        time.sleep(0.05)
    return answer


def test_bodies_without_a_length_are_counted_as_they_come(small: GatewayMesh) -> None:
    chunk = b"%x\r\n" % (MIB // 2) + b" " * (MIB // 2) + b"\r\n"
    request = b"POST /batch/start HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n" + 3 * chunk
    answer = raw(small.port, request + b"0\r\n\r\n")
    assert (answer.status, answer.code) == (413, "too_large")
    for _ in range(4):  # nothing of it is still held
        assert small.request("POST", "/batch/start", b" " * (MIB // 2), JSON).status in {200, 409}


HOSTILE = {
    "lists": b"[" + b"[]," * 5_000_000 + b"1]",
    "maps": b"[" + b"{}," * 5_000_000 + b"1]",
    "keys": b"{" + b",".join(b'"%x":1' % n for n in range(500_000)) + b"}",
    "values": b"[" + b"1," * 8_000_000 + b"1]",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_bodies_of_millions_of_parts_are_refused_before_they_are_read(kind: str) -> None:
    with pytest.raises(TooLarge, match="more than"):
        check_shape(HOSTILE[kind])


@pytest.mark.parametrize(("size", "beside"), [(10, False), (100_000, True)])
def test_large_bodies_are_read_beside_the_loop(size: int, beside: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def note_thread(value: Any, _schema: object) -> Any:
        threads.append(threading.get_ident())
        return value

    async def handler(request: web.Request) -> web.Response:
        return web.json_response(len((await body.read(request, TextRequest))["text"]))  # type: ignore[index]

    async def main() -> None:
        app = web.Application()
        settings = GatewaySettings()
        app[BODY_READER] = BodyReader(settings)
        app.router.add_post("/", handler)
        async with TestClient(TestServer(app)) as client:
            answer = await client.post("/", json={"text": "x" * size})
            assert await answer.json() == size
        app[BODY_READER].close()

    monkeypatch.setattr(body, "validate", note_thread)
    asyncio.run(main())
    assert [each != threading.get_ident() for each in threads] == [beside]


@pytest.mark.parametrize(
    "fields",
    [
        {"library_ids": ["x"] * 2_000_000},
        {"seeds": [{"track_id": "a", "embedding": ["x"] * 2_000_000}]},
        {"negative_embeddings": {"muq": [["x"] * 2_000_000]}},
        {"model_priorities": {str(n): "x" for n in range(1_000_000)}},
        {"negative_embeddings": {str(n): "x" for n in range(1_000_000)}},
    ],
)
def test_a_refusal_is_made_at_the_first_faults(fields: dict[str, Any]) -> None:
    """Millions of faults, each reported in its own map, took a minute and gigabytes."""
    began = time.process_time()
    with pytest.raises(InvalidRequest) as refused:
        validate({**USER, **fields}, PlaylistRequest)
    assert len(refused.value.detail["errors"]) <= 20
    assert time.process_time() - began < 5, "all faults were collected"


def test_every_list_has_a_bound_and_is_left_at_its_first_fault() -> None:
    bodies = {endpoint.body for endpoint in MAIN if endpoint.body is not None}
    lists = [(body.__name__, each) for body in bodies for each in _within(body, ())]
    assert len(lists) > 10
    for name, metadata in lists:
        kinds = {type(each) for each in metadata}
        assert kinds & {MaxLen, annotated_types.MaxLen}, name
        assert kinds & {FailFast, StopsAtFirstFault}, name


def _lists(field: FieldInfo) -> Iterator[tuple[Any, ...]]:
    """Metadata of each list of a field, also of those within others and within models."""
    yield from _within(field.annotation, tuple(field.metadata))


def _within(kind: Any, metadata: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        flat = [part for each in arguments[1:] for part in (each.metadata if isinstance(each, FieldInfo) else [each])]
        yield from _within(arguments[0], (*metadata, *flat))
        return
    if origin is list:
        yield metadata
        metadata = ()
    for argument in arguments:
        yield from _within(argument, metadata if origin is not dict else ())
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for inner in kind.model_fields.values():
            yield from _lists(inner)
    if isinstance(kind, type) and issubclass(kind, Message):
        for hint in typing.get_type_hints(kind, include_extras=True).values():
            yield from _within(hint, ())


EXPECT = b"POST /playlist/recent HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: %s\r\nContent-Length: %d\r\n\r\n"


def test_a_body_is_asked_for_when_it_is_wanted(mesh: GatewayMesh) -> None:
    with socket.create_connection(("127.0.0.1", mesh.port), timeout=TIMEOUT) as connection:
        connection.sendall(EXPECT % (b"100-continue", len(VALID)))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(VALID)
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_body_that_is_refused_is_not_asked_for(mesh: GatewayMesh) -> None:
    evil = EXPECT.replace(b"127.0.0.1", b"evil.com") % (b"100-continue", 10)
    assert raw(mesh.port, evil).code == "forbidden"
    assert raw(mesh.port, EXPECT % (b"100-continue", 17 * MIB)).code == "too_large"
