"""Endpoints of the console's session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import Busy, Forbidden, InvalidRequest, NavidromeUnavailable, TooLarge, Unauthorized
from gateway.http.endpoint import Endpoint
from gateway.session import handlers
from gateway.session.schema import SessionState, SignIn

PATH: Final = "/api/recommendations/session"
TAG: Final = "session"

#: Open to everybody: this is where people sign in.
ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", PATH, handlers.who, TAG, reply=SessionState, open=True),
    Endpoint(
        "POST",
        PATH,
        handlers.sign_in,
        TAG,
        SignIn,
        reply=SessionState,
        codes=(InvalidRequest, TooLarge, Unauthorized, Forbidden, Busy, NavidromeUnavailable),
        open=True,
    ),
    Endpoint("DELETE", PATH, handlers.sign_out, TAG, reply=SessionState, codes=(Forbidden,), open=True),
)
