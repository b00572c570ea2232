"""A session: who is signed in, and what is needed to act in Navidrome in their name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from gateway.people.credentials import Subsonic

#: Begins every sealed session; another format gets another number.
VERSION: Final = "1"
#: Binds the encrypted data to its purpose, so that nothing else sealed with the key passes for a session.
PURPOSE: Final = b"sonicmesh session 1"
#: Bytes of a nonce of AES-GCM.
NONCE_BYTES: Final = 12
#: Longest sealed session, in characters: browsers keep cookies of at most 4096 bytes with their names and attributes.
MAX_SEALED: Final = 3500
#: A session in use is renewed after this share of its lifetime, or after this many seconds, whichever comes first.
RENEW_SHARE: Final = 0.05
RENEW_SECONDS: Final = 3600.0
#: A session ends after this many lifetimes, even if it is in use.
LIFETIMES: Final = 6


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in. Times are unix seconds.

    `user_name`: the person, "" if none; `secrets`: their Subsonic token and salt, which are no password and no login to
    Navidrome's page; `operator`: digest of the mesh's token they gave, "" if none; `csrf`: a secret that only the
    page's own scripts can read; `began`: when they signed in; `issued`: when this was written.
    """

    began: float
    issued: float
    csrf: str
    user_name: str = ""
    secrets: tuple[tuple[str, str], ...] = ()
    operator: str = ""

    @classmethod
    def new(cls, now: float) -> Session:
        """Return a session in which nobody is signed in."""
        return cls(began=now, issued=now, csrf=base64.urlsafe_b64encode(os.urandom(18)).decode())

    def expires(self, lifetime: float) -> float:
        """Return when the session ends if it is not used again; `lifetime` in seconds."""
        return min(self.issued + lifetime, self.began + LIFETIMES * lifetime)

    def is_stale(self, now: float, lifetime: float) -> bool:
        """Return whether the session is due for renewal."""
        return now - self.issued > min(RENEW_SECONDS, RENEW_SHARE * lifetime)

    def renewed(self, now: float) -> Session:
        """Return the session as used at `now`."""
        return replace(self, issued=now)

    @property
    def credentials(self) -> Subsonic | None:
        """The login for calls to Navidrome."""
        return Subsonic(self.user_name, self.secrets) if self.user_name else None


class Sealer:
    """Encrypts and decrypts sessions with one key."""

    def __init__(self, key: bytes) -> None:
        # Takes 9 MB, so it is imported only once somebody uses the console.
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)
        self._wrong = InvalidTag
        self._key = key

    def seal(self, session: Session) -> str:
        """Return the session as the value of a cookie."""
        fields = {"b": session.began, "i": session.issued, "c": session.csrf}
        if session.user_name:
            fields |= {"u": session.user_name, "s": session.secrets}
        if session.operator:
            fields["o"] = session.operator
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, orjson.dumps(fields), PURPOSE)
        return f"{VERSION}.{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def open(self, value: str) -> Session | None:
        """Return the session of a cookie's value; None if this key did not seal it."""
        version, _, text = value.partition(".")
        if version != VERSION or len(value) > MAX_SEALED or not value.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            fields: dict[str, Any] = orjson.loads(
                self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], PURPOSE)
            )
        except (ValueError, self._wrong):
            return None
        return Session(
            began=fields["b"],
            issued=fields["i"],
            csrf=fields["c"],
            user_name=fields.get("u", ""),
            secrets=tuple((name, secret) for name, secret in fields.get("s", ())),
            operator=fields.get("o", ""),
        )

    def digest(self, token: str) -> str:
        """Return the digest of the mesh's token that a session stores: a new token ends the sessions of the old one."""
        return hmac.new(self._key, b"token\0" + token.encode(), hashlib.sha256).hexdigest()
