"""An HTTP client for both of Navidrome's interfaces, acting for a caller."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import orjson

from contract.errors import Busy, Forbidden, InvalidRequest, NavidromeUnavailable, NotFound, Unauthorized
from gateway.people.credentials import TOKEN_HEADER, Credentials, Proxied, Subsonic, Token

log = logging.getLogger(__name__)

#: Parameters of every Subsonic call. Each new client name registers a player, so the name never changes.
SUBSONIC: Final = (("v", "1.16.1"), ("c", "sonicmesh"), ("f", "json"))
#: Subsonic error codes: wrong login, not allowed, not found.
WRONG_LOGIN: Final = frozenset({10, 40, 41, 42, 43, 44})
NOT_ALLOWED: Final = 50
NOT_THERE: Final = 70
#: Seconds to wait if Navidrome limits us without saying for how long.
RETRY_AFTER_SECONDS: Final = 20.0
#: Seconds for which its state is cached, and seconds to wait for its answer.
LOOK_SECONDS: Final = 3.0
ALIVE_SECONDS: Final = 2.0
#: Bytes to read of that answer, which is a refusal because the call has no login.
MAX_PING: Final = 1024
#: Connections for files: an open player keeps one, and must not keep people from logging in.
MAX_FILES: Final = 1_000
#: Bytes read of a refusal in place of a file.
MAX_REFUSAL: Final = 64 * 1024
#: Seconds between two parts of a file.
FILE_SECONDS: Final = 60.0
#: Seconds before each further attempt at a file of which Navidrome sent nothing.
EMPTY_PAUSES: Final = (0.0, 0.2, 0.5, 1.0)
#: Largest response read, in bytes: a playlist of 10,000 tracks takes about 8 MB.
MAX_BYTES: Final = 64 * 1024 * 1024

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NativeAnswer:
    """The JSON of a response, and the token that Navidrome renewed, if any."""

    body: Any
    token: str = ""


class Navidrome:
    """The Navidrome at `url`. Methods raise `NavidromeUnavailable`, `Busy`, `Unauthorized`, `Forbidden`, `NotFound`."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._held_until = 0.0
        self._session: aiohttp.ClientSession | None = None
        self._files: aiohttp.ClientSession | None = None
        self._look: asyncio.Task[bool] | None = None
        self._looked_at = 0.0

    async def close(self) -> None:
        """Cancel calls in progress."""
        if self._look is not None:
            self._look.cancel()
        for session in (self._session, self._files):
            if session is not None:
                await session.close()

    async def native(self, token: Token, method: str, path: str, body: Any = None, query: Fields = ()) -> NativeAnswer:
        """Make one call of the native interface; `path` begins with `/api/`."""
        headers = {TOKEN_HEADER: f"Bearer {token.jwt}"}
        return await self._ask(method, path, headers=headers, query=query, body=body)

    async def subsonic(self, who: Subsonic | Proxied, call: str, fields: Fields = ()) -> dict[str, Any]:
        """Make one Subsonic call with its parameters in the body: there may be hundreds, and some are secret."""
        secrets = who.secrets if isinstance(who, Subsonic) else ()
        headers = {who.header: who.user_name} if isinstance(who, Proxied) else {}
        form = aiohttp.FormData([("u", who.user_name), *secrets, *SUBSONIC, *fields])
        answered = await self._ask("POST", f"/rest/{call}", headers=headers, form=form)
        response = answered.body.get("subsonic-response") if isinstance(answered.body, dict) else None
        if not isinstance(response, dict) or response.get("status") not in {"ok", "failed"}:
            raise self._strange("not a Subsonic response")
        if response["status"] == "failed":
            error = response.get("error") or {}
            raise _refusal(int(error.get("code") or 0), str(error.get("message") or "it did not say why"))
        return response

    @asynccontextmanager
    async def opened(
        self, who: Subsonic | Proxied, call: str, fields: Fields, headers: Mapping[str, str], kinds: tuple[str, ...]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Make a Subsonic call that answers with a file of one of `kinds` (beginnings of media types).

        Status 200, 206 or 416; the body is left to read, for as long as that takes.
        """
        response = await self._begun(who, call, fields, headers)
        for pause in EMPTY_PAUSES:
            if response.status != 200 or "Content-Type" in response.headers:
                break
            # An empty answer: another request for the same cover was abandoned while Navidrome prepared it.
            response.release()
            await asyncio.sleep(pause)
            response = await self._begun(who, call, fields, headers)
        async with response:
            if response.status not in {200, 206, 416}:
                self._check(response, b"")
            kind = response.headers.get("Content-Type", "").lower()
            if response.status != 416 and not kind.startswith(kinds):
                raise await self._no_file(response, kind)
            yield response

    async def _begun(
        self, who: Subsonic | Proxied, call: str, fields: Fields, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Make a Subsonic call and return the response once its head has arrived; the body is left to read."""
        secrets = who.secrets if isinstance(who, Subsonic) else ()
        named = {who.header: who.user_name} if isinstance(who, Proxied) else {}
        form = aiohttp.FormData([("u", who.user_name), *secrets, *SUBSONIC, *fields])
        asked = self._open_files().post(
            f"{self._url}/rest/{call}",
            data=form,
            headers={**headers, **named, "Accept-Encoding": "identity"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(sock_read=FILE_SECONDS),
        )
        try:
            async with asyncio.timeout(self._seconds):
                return await asked
        except TimeoutError:
            raise self._late() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._away(error) from error

    async def _no_file(self, response: aiohttp.ClientResponse, kind: str) -> Exception:
        """Return the error for an answer that is no file: a refusal has status 200."""
        if not kind.startswith("application/json"):
            return self._strange(f"no file but {kind[:80]!r}")
        try:
            async with asyncio.timeout(self._seconds):
                body = self._json(await self._read(response, MAX_REFUSAL))
        except (NavidromeUnavailable, TimeoutError, aiohttp.ClientError):
            return self._strange(f"no file but {kind[:80]!r}")
        said = body.get("subsonic-response") if isinstance(body, dict) else None
        error = (said or {}).get("error") or {}
        return _refusal(int(error.get("code") or 0), str(error.get("message") or "it did not say why"))

    async def user(self, who: Credentials) -> tuple[Mapping[str, Any], str]:
        """Return the caller (`id` if known, `userName`, `isAdmin`) and a renewed token, if any."""
        if isinstance(who, Token):
            answered = await self.native(who, "GET", f"/api/user/{quote(who.user_id, safe='')}")
            found = answered.body if isinstance(answered.body, dict) else {}
            if found.get("id") != who.user_id or not found.get("userName"):
                raise self._strange("another user than the token names")
            return found, answered.token
        response = await self.subsonic(who, "getUser", [("username", who.user_name)])
        user = response.get("user") or {}
        if not user.get("username"):
            raise self._strange("no user")
        return {"userName": user["username"], "isAdmin": bool(user.get("adminRole"))}, ""

    async def reachable(self) -> bool:
        """Return whether Navidrome answers; asked again after a few seconds at the earliest."""
        if self._look is None or (self._look.done() and time.monotonic() - self._looked_at > LOOK_SECONDS):
            self._look = asyncio.create_task(self._looks_alive())
        return await asyncio.shield(self._look)

    async def _looks_alive(self) -> bool:
        try:
            async with (
                asyncio.timeout(ALIVE_SECONDS),
                self._open().post(f"{self._url}/rest/ping", data=dict(SUBSONIC), allow_redirects=False) as response,
            ):
                return b"subsonic-response" in await response.content.read(MAX_PING)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
        finally:
            self._looked_at = time.monotonic()

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Fields = (),
        body: Any = None,
        form: aiohttp.FormData | None = None,
    ) -> NativeAnswer:
        pause = self._held_until - time.monotonic()
        if pause > 0:
            raise Busy("Navidrome asked the mesh to wait a moment", {"retry_after": pause})
        data = form if body is None else orjson.dumps(body)
        if body is not None:
            headers = {**headers, "Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._open().request(
                    method, self._url + path, params=query, data=data, headers=headers, allow_redirects=False
                ) as response,
            ):
                content = await self._read(response)
                self._check(response, content)
                return NativeAnswer(self._json(content), response.headers.get(TOKEN_HEADER, ""))
        except TimeoutError:
            raise self._late() from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._away(error) from error

    async def _read(self, response: aiohttp.ClientResponse, most: int = MAX_BYTES) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > most:
                raise self._strange(f"more than {most} bytes")
        return bytes(content)

    def _open(self) -> aiohttp.ClientSession:
        """Open a session without cookies: Navidrome sets one per caller, and they must not mix."""
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _open_files(self) -> aiohttp.ClientSession:
        """Open a session for files, with connections of its own."""
        if self._files is None:
            connector = aiohttp.TCPConnector(limit=MAX_FILES)
            self._files = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._files

    def _check(self, response: aiohttp.ClientResponse, content: bytes) -> None:
        status = response.status
        if status == 429:
            seconds = _number(response.headers.get("Retry-After", ""))
            self._held_until = time.monotonic() + seconds
            raise Busy("too many logins to Navidrome; try again later", {"retry_after": seconds})
        if status == 401:
            raise Unauthorized("Navidrome does not accept this login (any more); log in again")
        if status == 403:
            raise Forbidden("Navidrome does not allow you to do this")
        if status == 404:
            raise NotFound("Navidrome does not have this, or you may not see it")
        if 400 <= status < 500:
            raise InvalidRequest(
                f"Navidrome refused the request ({status}): {content[:200].decode('utf-8', 'replace')}"
            )
        if status != 200:
            raise self._strange(f"status {status}")

    def _json(self, content: bytes) -> Any:
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise self._strange("not JSON") from None

    def _late(self) -> NavidromeUnavailable:
        return NavidromeUnavailable(f"Navidrome at {self._url} did not answer within {self._seconds:g} s")

    def _away(self, error: Exception) -> NavidromeUnavailable:
        reason = str(error)[:200] or type(error).__name__
        return NavidromeUnavailable(f"Navidrome at {self._url} (NAVIDROME_URL) cannot be reached: {reason}")

    def _strange(self, what: str) -> NavidromeUnavailable:
        return NavidromeUnavailable(f"the server at {self._url} (NAVIDROME_URL) answered {what}: is it Navidrome?")


def _refusal(code: int, message: str) -> Exception:
    """Return the error for a Subsonic code."""
    if code in WRONG_LOGIN:
        return Unauthorized(f"Navidrome does not accept this login: {message[:200]}")
    if code == NOT_ALLOWED:
        return Forbidden(f"Navidrome does not allow it: {message[:200]}")
    if code == NOT_THERE:
        return NotFound(f"Navidrome does not have this, or it is not yours: {message[:200]}")
    return NavidromeUnavailable(f"Navidrome failed: {message[:200]} (code {code})")


def _number(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 6 else RETRY_AFTER_SECONDS
