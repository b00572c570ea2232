"""`POST /playlist/{mode}`."""

from __future__ import annotations

from aiohttp import web

from contract.errors import Busy, InvalidRequest
from contract.fields import MAX_NAME
from contract.message import fields_of
from gateway.http.body import read
from gateway.http.forwarded import client_address, limit_key
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.http.warned import warned
from gateway.keys import ADDRESS_LIMITER, LIMITER, MESH, MODEL_DIRECTORY, SETTINGS, TEXTS
from gateway.playlist.recommend import Recommender
from gateway.playlist.schema import PlaylistRequest


async def playlist(request: web.Request) -> web.StreamResponse:
    """Tracks like the seeds, best first."""
    app = request.app
    _check_mode(request)
    body = await read(request, PlaylistRequest)
    note(request, user=body.user_name, seeds=len(body.seeds), limit=body.limit)
    _check_rate(request, body.user_name)
    recommender = Recommender(app[MESH], app[MODEL_DIRECTORY], app[TEXTS], app[SETTINGS])
    answer = await recommender.recommend(body)
    note(request, tracks=len(answer.tracks), warnings=len(answer.warnings))
    return json_reply({"tracks": [fields_of(track) for track in answer.tracks], **warned(answer.warnings)})


def _check_rate(request: web.Request, user_name: str) -> None:
    """Count the request for its user and its address: the caller chooses the name, but not the address."""
    app = request.app
    wait = app[ADDRESS_LIMITER].wait(limit_key(client_address(request, app[SETTINGS])))
    if wait:
        raise Busy("your address requests too many playlists; wait a moment", {"retry_after": wait})
    wait = app[LIMITER].wait(f"named {user_name}")
    if wait:
        raise Busy(f"{user_name[:80]!r} requests too many playlists; wait a moment", {"retry_after": wait})


def _check_mode(request: web.Request) -> None:
    """Accept any non-empty name: the mode is only a label."""
    mode = request.match_info["mode"]
    if not mode.strip() or len(mode) > MAX_NAME:
        raise InvalidRequest(
            f"mode: a name of 1 to {MAX_NAME} characters", {"field": "mode", "reason": "empty or too long"}
        )
