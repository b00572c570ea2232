"""`GET /tracks`: finds tracks of the library for people."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from contract.errors import InvalidRequest, MeshError
from contract.labels import LabelledTrack, SoundFacts
from contract.library import AsyncLibraryClient, FindRequest, TracksRequest
from contract.message import common, plain
from contract.track import Track
from gateway.http.body import query
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.tracks.schema import MAX_ASKED, FoundTrack, Tracks, TracksQuery

log = logging.getLogger(__name__)

#: Seconds that the library may take.
TIMEOUT_SECONDS: Final = 5.0


async def find(request: web.Request) -> web.StreamResponse:
    """Find tracks by words, path or ids."""
    wanted = query(request, TracksQuery)
    ids = [each for each in wanted.ids.split(",") if each]
    if len(ids) > MAX_ASKED:
        raise InvalidRequest(f"ids: at most {MAX_ASKED} at once", {"field": "ids", "reason": "too many"})
    library = AsyncLibraryClient(request.app[MESH])
    if ids:
        reply = await library.tracks(TracksRequest(track_ids=ids), timeout=TIMEOUT_SECONDS)
    elif wanted.q.strip():
        reply = await library.find(FindRequest(query=wanted.q, limit=wanted.limit), timeout=TIMEOUT_SECONDS)
    else:
        raise InvalidRequest("q: say what to look for, or pass ids", {"field": "q", "reason": "empty"})
    return json_reply(plain(Tracks(tracks=await _with_labels(library, reply.tracks))))


async def _with_labels(library: AsyncLibraryClient, tracks: Sequence[Track]) -> list[FoundTrack]:
    """Return the tracks with what is heard in them; without it if the library cannot say."""
    try:
        wanted = TracksRequest(track_ids=[track.id for track in tracks])
        heard = {one.track_id: one for one in (await library.labels(wanted, timeout=TIMEOUT_SECONDS)).tracks}
    except MeshError as error:
        log.debug("labels: %s", error.message)
        heard = {}
    return [_found(track, heard.get(track.id)) for track in tracks]


def _found(track: Track, heard: LabelledTrack | None) -> FoundTrack:
    if heard is None or (not heard.labels and heard.facts == SoundFacts()):
        return common(track, FoundTrack)
    return common(track, FoundTrack, labels=heard.labels, facts=heard.facts)
