"""`POST /plugin/{function}`: answers Navidrome's plugin within the time that a person is willing to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from contract.errors import DeadlineExceeded, NotFound
from contract.message import Message, fields_of
from gateway.http.body import read
from gateway.http.camel import camel
from gateway.http.endpoint import Handler
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.http.schema import RequestBody
from gateway.keys import MESH
from gateway.plugin.functions import Functions
from gateway.plugin.mixes import MixMaker
from gateway.plugin.schema import Mixes, MixesRequest, SimilarArtistsAsked, SimilarSongs, SimilarTracks, SonicPath
from gateway.plugin.unfinished import look_again

#: Seconds within which every click gets an answer.
CLICK_SECONDS: Final = 0.9
#: Seconds that one request for mixes may take; the plugin waits 20.
MIXES_SECONDS: Final = 18.0

#: The input of each function of Navidrome, and the method that answers it.
FUNCTIONS: Final[Mapping[str, tuple[type[RequestBody], Callable[[Functions, Any], Awaitable[Message | None]]]]] = {
    "nd_get_sonic_similar_tracks": (SimilarTracks, Functions.similar_tracks),
    "nd_find_sonic_path": (SonicPath, Functions.path),
    "nd_get_similar_songs_by_track": (SimilarSongs, Functions.songs_by_track),
    "nd_get_similar_songs_by_album": (SimilarSongs, Functions.songs_by_album),
    "nd_get_similar_songs_by_artist": (SimilarSongs, Functions.songs_by_artist),
    "nd_get_similar_artists": (SimilarArtistsAsked, Functions.artists),
}


def function(name: str) -> Handler:
    """Make the handler of one of `FUNCTIONS`."""
    schema, answer = FUNCTIONS[name]

    async def handler(request: web.Request) -> web.StreamResponse:
        """A function of Navidrome's plugin interface, with Navidrome's JSON; null if nothing is known."""
        try:
            async with asyncio.timeout(CLICK_SECONDS):
                call = await read(request, schema)
                result = await answer(Functions(request.app[MESH], CLICK_SECONDS), call)
        except TimeoutError:
            raise DeadlineExceeded(f"no answer within {CLICK_SECONDS:g} s; the mesh is busy or starting") from None
        note(request, found=0 if result is None else sum(map(len, fields_of(result).values())))
        return json_reply(camel(result))

    return handler


async def unknown(request: web.Request) -> web.StreamResponse:
    """Any other function: not found."""
    name = request.match_info["function"]
    raise NotFound(f"the plugin has no function {name[:80]!r}; the functions are mixes, {', '.join(FUNCTIONS)}")


async def mixes(request: web.Request) -> web.StreamResponse:
    """The playlists to write for each user; none for users who wait for a library that is still being embedded."""
    try:
        async with asyncio.timeout(MIXES_SECONDS):
            body = await read(request, MixesRequest)
            again = await look_again(request.app[MESH], MIXES_SECONDS)
            maker = MixMaker(request.app[MESH], MIXES_SECONDS)
            names = [] if again and body.waiting else body.user_names
            users = [await maker.of(user_name) for user_name in names]
    except TimeoutError:
        raise DeadlineExceeded(f"no mixes within {MIXES_SECONDS:g} s; the mesh is busy or starting") from None
    note(request, users=len(users), mixes=sum(len(user.mixes) for user in users))
    return json_reply(camel(Mixes(users=users, again_seconds=again)))
