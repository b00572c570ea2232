"""`/api/recommendations/session`: sign in, show who is signed in, sign out."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from typing import Final

from aiohttp import web
from pydantic import SecretStr

from contract.errors import NavidromeUnavailable
from gateway.http.body import read
from gateway.http.forwarded import client_address, limit_key
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.keys import NAVIDROME, SESSIONS, SETTINGS
from gateway.people.caller import identify
from gateway.people.credentials import Subsonic
from gateway.session.cookie import write_session
from gateway.session.same_origin import valid_session
from gateway.session.schema import SignIn
from gateway.session.session import Session
from gateway.session.state import state

#: Random bytes of a Subsonic salt.
SALT_BYTES: Final = 16


async def who(request: web.Request) -> web.StreamResponse:
    """Who the caller is, and what is open to them."""
    return json_reply(await state(request))


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Sign in with a Navidrome account, or as the operator with the mesh's token or the code of the first run."""
    asked = await read(request, SignIn)
    now = time.time()
    before = valid_session(request)
    session = Session.new(now)
    if before is not None:
        session = replace(session, user_name=before.user_name, secrets=before.secrets, operator=before.operator)
    if asked.token is not None or asked.code is not None:
        digest = await _operator(request, asked)
        note(request, user="operator")
        session = replace(session, operator=digest)
    else:
        assert asked.user_name is not None and asked.password is not None
        login = subsonic_login(asked.user_name, asked.password)
        if not await request.app[NAVIDROME].reachable():
            raise NavidromeUnavailable("Navidrome does not answer, so nobody can sign in with an account; try again")
        person = await identify(request, login)
        session = replace(session, user_name=person.user_name, secrets=login.secrets)
    if before is not None:
        request.app[SESSIONS].end(before)
    write_session(request, session)
    return json_reply(await state(request))


async def _operator(request: web.Request, asked: SignIn) -> str:
    """Return the digest of what an operator gave. Raises `Unauthorized`, `Busy`."""
    address = limit_key(client_address(request, request.app[SETTINGS]))
    sessions = request.app[SESSIONS]
    if asked.code is not None:
        return await sessions.check_code(asked.code.get_secret_value(), address)
    assert asked.token is not None
    return await sessions.check_token(asked.token.get_secret_value(), address)


async def sign_out(request: web.Request) -> web.StreamResponse:
    """Sign out, as a person and as an operator."""
    session = valid_session(request)
    if session is not None:
        request.app[SESSIONS].end(session)
    write_session(request, None)
    return json_reply(await state(request))


def subsonic_login(user_name: str, password: SecretStr) -> Subsonic:
    """Return a login from which the password cannot be read, and which Navidrome accepts while the password is this."""
    salt = os.urandom(SALT_BYTES).hex()
    token = hashlib.md5(password.get_secret_value().encode() + salt.encode(), usedforsecurity=False).hexdigest()
    return Subsonic(user_name, (("t", token), ("s", salt)))
