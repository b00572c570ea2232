"""`GET /api/recommendations/mixes`: today's mixes of the caller, and what each is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from contract.library import AsyncLibraryClient
from contract.message import common
from contract.people import PersonRequest
from contract.track import VisibleTrack
from gateway.explore.schema import Seen, TodaysMix, TodaysMixes
from gateway.http.camel import camel
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.people.caller import caller
from gateway.people.finding import LIBRARY_SECONDS, Finder
from gateway.plugin.mixes import DISCOVERY, FEWEST_KNOWN, REDISCOVER, REWRITTEN, MixMaker, all_keys

#: Seconds that each call into the mesh may take.
SECONDS: Final = 15.0
#: Meaning of a mix that was not made today, by its setting.
MEANINGS: Final = {
    "dailyMixes": "One kind of music that you played lately, and what sounds like it.",
    "discoveryMix": "Near what you love, and never played by you.",
    "rediscoverMix": "What you love and have not heard for six months.",
}
#: Most tracks to name that a mix is made of.
NAMED: Final = 12


async def mixes(request: web.Request) -> web.StreamResponse:
    """Today's mixes, as they are written into Navidrome, and what each is made of."""
    person, _ = await caller(request)
    mesh = request.app[MESH]
    maker = MixMaker(mesh, SECONDS)
    today = await maker.of(person.user_name)
    asked = PersonRequest(user_name=person.user_name, user_id=person.user_id or None)
    known = (await AsyncLibraryClient(mesh).mixes(asked, timeout=LIBRARY_SECONDS)).known
    made_of = {mix.key: maker.made_of.get(mix.key, [])[:NAMED] for mix in today.mixes}
    wanted = {*(i for mix in today.mixes for i in mix.song_ids), *(i for ids in made_of.values() for i in ids)}
    tracks = {track.id: track for track in await Finder(mesh, person).named(sorted(wanted))}
    on = [
        TodaysMix(
            key=mix.key,
            name=mix.name,
            meaning=meaning_of(mix.comment),
            on=True,
            setting=setting_of(mix.key),
            rows=_seen(mix.song_ids, tracks),
            made_of=_seen(made_of[mix.key], tracks),
        )
        for mix in today.mixes
    ]
    there, off = {mix.key for mix in on}, {mix.key for mix in today.off}
    others = [
        TodaysMix(
            key=key,
            name=name_of(key),
            meaning=MEANINGS[setting_of(key)],
            on=key not in off,
            setting=setting_of(key),
            rows=[],
            made_of=[],
        )
        for key in all_keys()
        if key not in there
    ]
    return json_reply(
        camel(TodaysMixes(day=today.day, known=known, enough=known >= FEWEST_KNOWN, mixes=[*on, *others]))
    )


def name_of(key: str) -> str:
    """Return what a mix is called."""
    return f"Daily Mix {key.rpartition('-')[2]}" if setting_of(key) == "dailyMixes" else key.capitalize()


def meaning_of(comment: str) -> str:
    """Return the part of a mix's comment that says what it is made of."""
    return comment.partition(REWRITTEN)[0].rstrip()


def setting_of(key: str) -> str:
    """Return the person's setting that switches a mix on and off."""
    return {DISCOVERY: "discoveryMix", REDISCOVER: "rediscoverMix"}.get(key, "dailyMixes")


def _seen(track_ids: Iterable[str], tracks: dict[str, VisibleTrack]) -> list[Seen]:
    return [common(tracks[track_id], Seen) for track_id in track_ids if track_id in tracks]
