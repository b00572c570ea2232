"""Covers and audio: fetched from Navidrome with the caller's login, passed on as fast as the caller reads."""

from __future__ import annotations

import re
import time
from typing import Final

import aiohttp
from aiohttp import web

from contract.errors import Busy, NavidromeUnavailable, Unauthorized
from gateway.explore.schema import CoverQuery, PlayedRequest, Reported, StreamQuery
from gateway.http.body import query, read
from gateway.http.camel import camel
from gateway.http.connection import Connection
from gateway.http.reply import json_reply
from gateway.keys import NAVIDROME, STREAMS, VISIBILITY
from gateway.people.caller import known_caller
from gateway.people.credentials import Credentials, Proxied, Subsonic, Token
from gateway.people.identity import Caller
from gateway.people.navidrome import Fields

#: Headers of a response that are passed on.
PASSED: Final = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "Last-Modified")
#: One part of a file. Several at once would come as one multipart document, which no player asks for.
RANGE: Final = re.compile(r"bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})", re.ASCII)
#: Types of what Navidrome calls a cover and a track.
IMAGES: Final = ("image/",)
AUDIO: Final = ("audio/", "video/", "application/ogg", "application/octet-stream")
#: Keeps a browser from treating the response as a page if somebody opens it directly.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Cookie",
}
#: Browsers may keep a cover for a day, privately.
COVER_CACHE: Final = "private, max-age=86400"
#: Streams that one person may have open, and seconds that a paused player may leave its stream unread.
MAX_STREAMS: Final = 16
PATIENCE: Final = 900.0


async def cover(request: web.Request) -> web.StreamResponse:
    """The cover of a track, album (`al-ID`) or artist (`ar-ID`) that the caller may see."""
    _, who, key = await _allowed(request)
    asked = query(request, CoverQuery)
    fields = [("id", key), ("size", str(asked.size))]
    return await _pass_on(request, who, "getCoverArt", fields, IMAGES, {"Cache-Control": COVER_CACHE})


async def stream(request: web.Request) -> web.StreamResponse:
    """The audio of a track that the caller may hear, with Range; `?format=mp3` has Navidrome convert it."""
    person, who, key = await _allowed(request)
    asked = query(request, StreamQuery)
    streams = request.app[STREAMS]
    if streams[person.user_name] >= MAX_STREAMS:
        raise Busy(f"{MAX_STREAMS} streams of yours are open already", {"retry_after": 2})
    streams[person.user_name] += 1
    connection = request.protocol
    try:
        if isinstance(connection, Connection):
            connection.patience = PATIENCE
        fields = [("id", key), ("format", asked.format)]
        return await _pass_on(request, who, "stream", fields, AUDIO, {"Cache-Control": "private, no-store"})
    finally:
        streams[person.user_name] -= 1
        if not streams[person.user_name]:
            del streams[person.user_name]
        if isinstance(connection, Connection):
            connection.patience = None


async def played(request: web.Request) -> web.StreamResponse:
    """Report to Navidrome that the caller hears a track, or has heard it; it counts the play and scrobbles."""
    _, who, key = await _allowed(request)
    asked = await read(request, PlayedRequest)
    at = round(1000 * (time.time() if asked.at is None else asked.at))
    over = asked.state == "played"
    fields = [("id", key), ("time", str(at)), ("submission", "true" if over else "false")]
    await request.app[NAVIDROME].subsonic(who, "scrobble", fields)
    return json_reply(camel(Reported()))


async def _allowed(request: web.Request) -> tuple[Caller, Subsonic | Proxied, str]:
    """Return the caller, the login to use, and the id. Raises `NotFound` if the caller may not see it."""
    person, credentials = await known_caller(request)
    key = request.match_info["id"]
    await request.app[VISIBILITY].check(person, key)
    return person, _login(person, credentials), key


def _login(person: Caller, credentials: Credentials) -> Subsonic | Proxied:
    if isinstance(credentials, Token):
        raise Unauthorized(
            f"a native token of {person.user_name} opens no covers and no audio: sign in to the console, "
            "or send the Subsonic parameters u, t and s"
        )
    return credentials


async def _pass_on(
    request: web.Request,
    who: Subsonic | Proxied,
    call: str,
    fields: Fields,
    kinds: tuple[str, ...],
    headers: dict[str, str],
) -> web.StreamResponse:
    """Answer with what Navidrome sends. Raises the errors of `Navidrome` as long as nothing was sent."""
    part = request.headers.get("Range", "")
    wanted = {"Range": part} if RANGE.fullmatch(part) else {}
    async with request.app[NAVIDROME].opened(who, call, fields, wanted, kinds) as found:
        passed = {name: found.headers[name] for name in PASSED if name in found.headers}
        response = web.StreamResponse(status=found.status, headers={**HEADERS, **headers, **passed})
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        try:
            async for chunk in found.content.iter_any():
                await response.write(chunk)  # waits while the caller does not read
        except ConnectionResetError:  # the caller left; for aiohttp that is a `ClientError`, too
            raise
        except (TimeoutError, aiohttp.ClientError) as error:
            raise NavidromeUnavailable(f"Navidrome ended the answer early: {error}") from error
        await response.write_eof()
        return response
