"""Whatever is sent, errors have one shape and reveal nothing that they should not."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.http.errors import STATUS
from tests.harness.gateway_mesh import USER, GatewayMesh
from tests.harness.http import raw

VALID = json.dumps(USER).encode()
BAD_BODIES = {
    "cut off": b'{"user_id": "u", ',
    "no JSON": b"hello",
    "two documents": VALID + VALID,
    "NaN": VALID[:-1] + b', "diversity": NaN}',
    "infinite": VALID[:-1] + b', "diversity": 1e999}',
    "UTF-8": b'{"user_id": "\xff\xfe", "user_name": "x"}',
    "surrogate": b'{"user_id": "\\ud800", "user_name": "x"}',
    "UTF-16": VALID.decode().encode("utf-16"),
    "nesting": b'{"user_id": ' + b"[" * 100_000,
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
}


@pytest.mark.parametrize("kind", BAD_BODIES)
@pytest.mark.parametrize("path", ["/playlist/recent", "/embed_text", "/batch/start"])
def test_bad_bodies(mesh: GatewayMesh, path: str, kind: str) -> None:
    answer = mesh.post(path, BAD_BODIES[kind])
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert "Traceback" not in answer.body.decode()


def test_an_empty_body_lacks_what_is_needed(mesh: GatewayMesh) -> None:
    assert mesh.post("/playlist/recent").field == "user_id"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_read(mesh: GatewayMesh, kind: str) -> None:
    answer = mesh.request("POST", "/playlist/recent", VALID, {"Content-Type": kind})
    assert (answer.status, answer.field) == (400, "Content-Type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json", "Application/JSON"])
def test_all_kinds_of_json_are_read(mesh: GatewayMesh, kind: str) -> None:
    assert mesh.request("POST", "/playlist/recent", VALID, {"Content-Type": kind}).status == 200


def test_without_a_type_it_is_json(mesh: GatewayMesh) -> None:
    assert mesh.request("POST", "/playlist/recent", VALID).status == 200


def test_too_large(mesh: GatewayMesh) -> None:
    size = 16 * 1024 * 1024 + 1
    head = b"POST /playlist/recent HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % size
    answer = raw(mesh.port, head)
    assert (answer.status, answer.code) == (413, "too_large")


def test_too_large_once_unpacked(mesh: GatewayMesh) -> None:
    bomb = gzip.compress(b" " * (17 * 1024 * 1024))
    answer = mesh.post("/playlist/recent", bomb, **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.code) == (413, "too_large")


def test_broken_packing(mesh: GatewayMesh) -> None:
    answer = mesh.post("/batch/start", b"{}", **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize(
    "garbage",
    [b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
)
def test_what_is_no_http_harms_nobody(mesh: GatewayMesh, garbage: bytes) -> None:
    answer = raw(mesh.port, garbage)
    assert (answer.status, answer.code, b"Traceback" in answer.body) == (400, "invalid_request", False)
    assert answer.headers["Server"] == "sonic-mesh"
    assert mesh.get("/healthz").status == 200


@pytest.mark.parametrize(
    ("request_line", "head"),
    [
        (b"POST /batch/start", b"Expect: the unexpected"),
        (b"GET /nothing", b"Expect: the unexpected"),
        (b"POST /batch/cancel", b"Origin: http://["),
        (b"POST /batch/cancel", b"Origin: http://[::1"),
        (b"POST /batch/start", b"Content-Length: 5\r\nTransfer-Encoding: chunked"),
        (b"POST /batch/start", b"Transfer-Encoding: gzip"),
        (b"POST /batch/start", b"Content-Length: -1"),
        (b"GET http://[/", b"A: b"),
        (b"GET /healthz", b"A\x00: b"),
        (b"GET /healthz", b"A: " + b"b" * 20_000),
        (b"PRI *", b"A: b"),
        (b"CONNECT a:1", b"A: b"),
        (b"GET /?a=%FF%00&\xff", b"Cookie: \xff=\xff; jwt"),
    ],
)
def test_every_error_has_one_shape(mesh: GatewayMesh, request_line: bytes, head: bytes) -> None:
    answer = raw(mesh.port, request_line + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + b"\r\n\r\n")
    assert 400 <= answer.status < 500 or answer.status == 200
    if answer.status != 200:
        assert answer.code in {"invalid_request", "forbidden", "not_found"}
        assert answer.headers["X-Request-Id"]


def test_packed_bodies_are_read(mesh: GatewayMesh) -> None:
    assert mesh.post("/playlist/recent", gzip.compress(VALID), **{"Content-Encoding": "gzip"}).status == 200


@pytest.mark.parametrize("path", ["/playlist", "/nothing", "/batch", "/%00", "/playlist/a/b", "/../etc/passwd"])
def test_nothing_there(mesh: GatewayMesh, path: str) -> None:
    answer = mesh.get(path)
    assert (answer.status, answer.code) == (404, "not_found")


def test_other_methods(mesh: GatewayMesh) -> None:
    answer = mesh.request("DELETE", "/batch/start")
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "invalid_request", "OPTIONS, POST")
    options = mesh.request("OPTIONS", "/batch/start")
    assert (options.status, options.headers["Allow"], options.body) == (204, "OPTIONS, POST", b"")
    head = mesh.request("HEAD", "/models")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["Content-Length"]) > 100
    assert mesh.request("HEAD", "/events").status == 405


def test_the_trace_id_is_given_back(mesh: GatewayMesh) -> None:
    assert mesh.get("/healthz", **{"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    odd = mesh.get("/healthz", **{"X-Request-Id": "a b" * 50}).headers["X-Request-Id"]
    assert len(odd) == 12
    mesh.post("/playlist/recent", USER, **{"X-Request-Id": "through"})
    assert mesh.calls("search", "recommend")[-1]["trace"] == "through"


def test_nothing_is_told_of_what_is_inside(mesh: GatewayMesh) -> None:
    answer = mesh.get("/healthz")
    assert answer.headers["Server"] == "sonic-mesh"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)
NAMES = (
    "limit seeds diversity models model_priorities negative_embeddings library_ids text model exclude_track_ids "
    "merge_strategy min_model_agreement clearExisting trackIds negative_prompts"
)
names = st.sampled_from(NAMES.split())
paths = st.sampled_from(["/playlist/recent", "/embed_text", "/batch/start"])
fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(path=paths, fields=st.dictionaries(names, json_values, max_size=5))
def test_any_json_is_answered(mesh: GatewayMesh, path: str, fields: dict[str, Any]) -> None:
    answer = mesh.post(path, {**USER, **fields})
    assert answer.status in {200, *STATUS.values()} - {500}, answer.body
    assert answer.status == 200 or answer.code in STATUS


@fuzz
@given(path=paths, body=st.binary(max_size=200))
def test_any_bytes_are_answered(mesh: GatewayMesh, path: str, body: bytes) -> None:
    answer = mesh.post(path, body)
    assert answer.status in {200, 400, 409}, answer.body
    assert answer.status == 200 or answer.code in STATUS


def test_a_slow_body_is_given_up(mesh: GatewayMesh) -> None:
    answer = raw(mesh.port, b"POST /playlist/recent HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
    assert (answer.status, "did not arrive" in answer.json["message"]) == (400, True)
