"""The state of sessions that all requests share: the key, ended sessions, failed logins with the token."""

from __future__ import annotations

import hmac
from functools import cached_property
from pathlib import Path
from typing import Final

from contract.errors import Unauthorized
from gateway.people.attempts import Attempts
from gateway.people.identity import FAILURE_SECONDS, FAILURES
from gateway.session.ended import EndedSessions
from gateway.session.key import session_key
from gateway.session.session import Sealer, Session
from gateway.settings import GatewaySettings
from gateway.setup.code import code_of_sessions, is_code, read_code
from gateway.setup.state import is_set_up

#: Where the code is.
WHERE: Final = "the mesh printed it when it started, and `sonicmesh setup --code` prints it again"


class Sessions:
    """Opens and seals sessions. The key is read when the first session is."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._data: Path = settings.data
        self._token = settings.token
        self._ended = EndedSessions(settings.data, settings.session_seconds)
        self._attempts = Attempts(FAILURES, FAILURE_SECONDS)

    @cached_property
    def _key(self) -> tuple[bytes, str]:
        return session_key(self._data)

    @cached_property
    def sealer(self) -> Sealer:
        """Encrypts and decrypts."""
        return Sealer(self._key[0])

    @property
    def warning(self) -> str:
        """Why sessions will not outlive this process; "" if they will."""
        return self._key[1]

    def end(self, session: Session) -> None:
        """Never open this session again."""
        self._ended.add(session)

    def has_ended(self, session: Session) -> bool:
        """Return whether somebody has ended this session."""
        return session in self._ended

    def open(self, value: str) -> Session | None:
        """Return the session of a cookie's value; None if the mesh did not seal it or it has ended."""
        session = self.sealer.open(value)
        return None if session is None or self.has_ended(session) else session

    @property
    def operator(self) -> str:
        """The digest of the mesh's token; "" if there is none."""
        return self.sealer.digest(self._token.get_secret_value()) if self._token is not None else ""

    def is_operator(self, digest: str) -> bool:
        """Return whether a session with this digest is an operator's: of the token, or of the code to set up with."""
        if self._token is not None and digest == self.operator:
            return True
        code = code_of_sessions(self._data, set_up=is_set_up(self._settings))
        return bool(code) and digest == self._of_code(code)

    async def check_code(self, given: str, address: str) -> str:
        """Return the digest of the one-time code. Raises `Unauthorized`, and `Busy` after five wrong ones."""
        async with self._attempts.pay(address, Unauthorized):
            if is_set_up(self._settings):
                raise Unauthorized("the mesh is set up, so the code no longer counts: sign in")
            code = read_code(self._data)
            if not is_code(given, code):
                raise Unauthorized(f"this is not the code; {WHERE}")
        return self._of_code(code)

    def _of_code(self, code: str) -> str:
        return self.sealer.digest(f"setup {code}")  # no token has a space

    async def check_token(self, token: str, address: str) -> str:
        """Return the digest of the mesh's token. Raises `Unauthorized`, and `Busy` after five wrong ones."""
        async with self._attempts.pay(address, Unauthorized):
            if self._token is None:
                raise Unauthorized("the mesh has no token (SONICMESH_TOKEN): sign in with a Navidrome account")
            if not hmac.compare_digest(token.encode(), self._token.get_secret_value().encode()):
                raise Unauthorized("this is not the mesh's token (SONICMESH_TOKEN)")
        return self.operator
