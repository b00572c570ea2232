"""When a response writes the session's cookie."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from contract.settings import load_settings
from gateway.keys import SESSIONS, SETTINGS
from gateway.session.cookie import NAME, keep_session, session_of
from gateway.session.session import RENEW_SECONDS, Session
from gateway.session.sessions import Sessions
from gateway.settings import GatewaySettings


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> web.Application:
    monkeypatch.setenv("SONICMESH_DATA", str(tmp_path))
    app = web.Application()
    app[SETTINGS] = settings = load_settings(GatewaySettings)
    app[SESSIONS] = Sessions(settings)
    return app


def test_a_session_that_ended_meanwhile_is_not_written_again(app: web.Application) -> None:
    """The response to signing out or in may have come earlier: the old cookie would replace what it set."""
    sessions = app[SESSIONS]
    old = replace(Session.new(time.time() - 2 * RENEW_SECONDS), user_name="alice", secrets=(("t", "1"), ("s", "2")))
    headers = {"Cookie": f"{NAME}={sessions.sealer.seal(old)}"}
    cookies = []
    for ended in (False, True):
        request = make_mocked_request("GET", "/api/recommendations/settings", headers, app=app)
        assert session_of(request) is not None, "it is worth renewing"
        if ended:
            sessions.end(old)
        response = web.Response()
        keep_session(request, response)
        cookies.append("Set-Cookie" in response.headers)
    assert cookies == [True, False]
