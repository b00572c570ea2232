"""Requests of the recommender fork of Navidrome, byte for byte as Go sends them."""

from __future__ import annotations

import pytest

from tests.harness.gateway_mesh import GatewayMesh
from tests.harness.http import raw
from tests.harness.places import SHARED

RECORDED = SHARED / "data" / "fork-requests"

USER = b'"user_id":"3pQ8","user_name":"zo\xc3\xa9 \\"dj\\" \\u003cadmin\\u003e\\u0026co"'
SEED = b'{"track_id":"T1","weight":1,"source":"recent","played_at":"2026-11-03T20:15:09.123456789+01:00"}'
SHAPES = {
    "null seeds": (b"/playlist/favorites", b'{%s,"limit":25,"mode":"favorites","seeds":null}' % USER),
    "a play": (b"/playlist/recent", b'{%s,"limit":25,"mode":"recent","seeds":[%s],"diversity":0.15}' % (USER, SEED)),
    "no weight": (b"/playlist/custom", b'{%s,"limit":25,"seeds":[{"track_id":"T3","source":"custom"}]}' % USER),
    "a text": (
        b"/playlist/text",
        b'{%s,"limit":25,"seeds":[{"track_id":"_text_query_","weight":1,"source":"text","embedding":[%s]}]}'
        % (USER, b",".join([b"0.030378013891981824", b"-2.5e-21", b"0"] * 512)),
    ),
    "embed": (b"/embed_text", b'{"model":"muq","text":"calm piano \\u0026 rain"}'),
    "start": (b"/batch/start", b'{"models":null,"clearExisting":false}'),
    "cancel": (b"/batch/cancel", b""),
}
GO = (
    b"POST %s HTTP/1.1\r\nHost: 127.0.0.1:9002\r\nAccept-Encoding: gzip\r\nContent-Length: %d\r\n"
    b"Content-Type: application/json\r\nUser-Agent: Go-http-client/1.1\r\n\r\n%s"
)


def assert_answered(mesh: GatewayMesh, request: bytes, batch: bool) -> None:
    answer = raw(mesh.port, request)
    assert answer.status == 200 or (batch and answer.code in {"conflict", "not_found"}), answer.body
    if answer.status == 200 and request.startswith(b"POST /playlist/"):
        assert set(answer.json) == {"tracks", "warnings", "warning_codes"}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(mesh: GatewayMesh, shape: str) -> None:
    path, body = SHAPES[shape]
    assert_answered(mesh, GO % (path, len(body), body), path.startswith(b"/batch/"))


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded requests are not here")
def test_recorded(mesh: GatewayMesh) -> None:
    found = sorted(RECORDED.glob("*.http"))
    assert len(found) >= 12
    for path in found:
        assert_answered(mesh, path.read_bytes(), "batch" in path.name)
