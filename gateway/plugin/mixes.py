"""Mixes, the playlists that appear automatically: one per interest, new music, and music not heard for long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, Protocol

from contract.library import AsyncLibraryClient
from contract.message import common
from contract.people import MAX_DAILY, MixesKnown, Mode, PersonRequest, Plan, PlanRequest, Preferences
from contract.search import (
    AsyncSearchClient,
    DistinctRequest,
    InterestsRequest,
    RecommendedTrack,
    RecommendRequest,
    Seed,
)
from contract.track import Track
from gateway.mesh import MeshConnection
from gateway.people.around import OWN_SHARE, interleaved
from gateway.people.names import is_placeholder
from gateway.plugin.days import of_the_day
from gateway.plugin.neighbours import MAX_COUNT
from gateway.plugin.schema import UnwantedMix, UserMixes, WrittenMix
from gateway.plugin.track_lookup import TrackLookup

#: Fewest tracks that a person must have played or starred: fewer say too little.
FEWEST_KNOWN: Final = 20
#: Fewest tracks in a mix for it to be worth a playlist.
FEWEST_TRACKS: Final = 5
#: Tracks fetched for each one wanted, so that every day can differ.
CHOICE: Final = 2
#: Least similarity in a mix, on the calibrated scale: closer than about five of six pairs.
NEAR: Final = 0.2
#: Least similarity relative to the `FEWEST_TRACKS`th nearest track. In a small library few tracks are that close: a
#: shorter mix is better than an arbitrary one.
HALF: Final = 0.5
#: Smallest weight of a seed in a daily mix; the newest weighs 1.
LEAST_WEIGHT: Final = 0.1
#: Artists named in a comment.
NAMED: Final = 3

#: What a mix's comment says after what the mix is made of.
REWRITTEN: Final = "Rewritten every day by Sonic Mesh."

#: Keys of the mixes other than daily mixes.
DISCOVERY: Final = "discovery"
REDISCOVER: Final = "rediscover"


class ByArtist(Protocol):
    """A track with an artist's name."""

    @property
    def artist(self) -> str: ...


class MixMaker:
    """Makes mixes for one person at a time. `seconds` limits each call into the mesh.

    Do not share an instance. All methods raise the typed errors of the mesh.
    """

    def __init__(self, mesh: MeshConnection, seconds: float) -> None:
        self._people = AsyncLibraryClient(mesh)
        self._search = AsyncSearchClient(mesh)
        self._seconds = seconds
        self._library = TrackLookup(mesh, seconds)
        self._day = date.today().isoformat()
        #: The person's own tracks that each mix starts from, by the mix's key.
        self.made_of: dict[str, list[str]] = {}

    async def of(self, user_name: str) -> UserMixes:
        """Return a person's mixes; none if too little is known about them."""
        material = await self._people.mixes(PersonRequest(user_name=user_name), timeout=self._seconds)
        wanted = _wanted(material.settings)
        off = [UnwantedMix(key=key, mark=mark(key)) for key in all_keys() if key not in wanted]
        mixes = (
            await self._mixes(user_name, material) if material.known >= FEWEST_KNOWN and material.library_ids else []
        )
        worth = [mix for mix in mixes if len(mix.song_ids) >= FEWEST_TRACKS]
        return UserMixes(user_name=user_name, day=self._day, mixes=worth, off=off)

    async def _mixes(self, user_name: str, material: MixesKnown) -> list[WrittenMix]:
        settings = material.settings
        mixes = await self._daily(user_name, material, settings.daily_mixes, settings.mix_size)
        if settings.discovery_mix:
            mixes.append(await self._discovery(user_name, settings.mix_size))
        if settings.rediscover_mix:
            mixes.append(await self._rediscover(material.rediscover_track_ids, settings.mix_size))
        return mixes

    async def _daily(self, user_name: str, material: MixesKnown, count: int, size: int) -> list[WrittenMix]:
        """Return one mix per interest in recently played tracks, largest first; no track is in two of them."""
        if not count:
            return []
        plan = await self._plan(user_name, "all", 1)
        request = InterestsRequest(track_ids=material.recent_track_ids, most=count)
        groups = (await self._search.interests(request, timeout=self._seconds)).groups
        used: set[str] = set()
        mixes = []
        for number, group in enumerate(groups[:count], 1):
            tracks = await self._around(plan, group, size, used)
            used |= {track.id for track in tracks}
            self.made_of[_daily_key(number)] = list(group)
            played = (await self._library.tracks(group)).values()
            said = f"Like {describe(played)}, which you played recently."
            mixes.append(written_mix(_daily_key(number), f"Daily Mix {number}", said, tracks))
        return mixes

    async def _around(self, plan: Plan, group: Sequence[str], size: int, used: Collection[str]) -> list[Track]:
        seeds = [
            Seed(track_id=track_id, weight=max(1 / (place + 1), LEAST_WEIGHT)) for place, track_id in enumerate(group)
        ]
        near = await self._recommend(replace(plan, seeds=seeds), CHOICE * size, used)
        chosen = of_the_day([track.id for track in near], size, self._day)
        # If few tracks sound similar, played ones fill the rest.
        most = max(size // OWN_SHARE, size - len(chosen))
        own = of_the_day([i for i in await self._distinct(group) if i not in used], most, self._day)
        tracks = await self._library.tracks([*own, *chosen])
        mine, others = ([tracks[i] for i in ids if i in tracks] for ids in (own, chosen))
        mixed = interleaved(mine, others, size)
        listed = {track.id for track in mixed}
        return [*mixed, *(track for track in mine if track.id not in listed)][:size]

    async def _discovery(self, user_name: str, size: int) -> WrittenMix:
        limit = min(CHOICE * size, MAX_COUNT)
        plan = await self._plan(user_name, "discovery", limit)
        self.made_of[DISCOVERY] = [seed.track_id for seed in plan.seeds]
        near = await self._recommend(plan, limit) if plan.seeds else []
        chosen = set(of_the_day([track.id for track in near], size, self._day))
        said = "Close to what you love, but never played by you."
        return written_mix(DISCOVERY, "Discovery", said, [track for track in near if track.id in chosen])

    async def _rediscover(self, track_ids: Sequence[str], size: int) -> WrittenMix:
        chosen = of_the_day(await self._distinct(track_ids), size, self._day)
        tracks = list((await self._library.tracks(chosen)).values())
        return written_mix(REDISCOVER, "Rediscover", "What you love but have not played for six months.", tracks)

    async def _plan(self, user_name: str, mode: Mode, limit: int) -> Plan:
        request = PlanRequest(user_name=user_name, mode=mode, limit=limit)
        return await self._people.plan(request, timeout=self._seconds)

    async def _recommend(self, plan: Plan, limit: int, used: Collection[str] = ()) -> list[Track]:
        """Return tracks near a plan's seeds; its exclusions include what the person's ratings reject."""
        request = common(replace(plan, limit=min(limit, MAX_COUNT)), RecommendRequest, listed_track_ids=list(used))
        reply = await self._search.recommend(request, timeout=self._seconds)
        return list((await self._library.tracks(_near(reply.tracks))).values())

    async def _distinct(self, track_ids: Sequence[str]) -> list[str]:
        """Return the first track of each song."""
        request = DistinctRequest(track_ids=list(track_ids))
        return (await self._search.distinct(request, timeout=self._seconds)).track_ids


def _near(tracks: Sequence[RecommendedTrack]) -> list[str]:
    """Return the ids of the tracks that are similar enough, in order."""
    scores = sorted((track.score for track in tracks), reverse=True)
    least = max(NEAR, HALF * scores[min(FEWEST_TRACKS, len(scores)) - 1]) if scores else NEAR
    return [track.track_id for track in tracks if track.score >= least]


def mark(key: str) -> str:
    """Return the mark that identifies a mix among playlists, whatever its id and name."""
    return f"[sonicmesh:{key}]"


def _daily_key(number: int) -> str:
    return f"daily-{number}"


def all_keys() -> list[str]:
    """Return the key of every mix, wanted or not."""
    return [*map(_daily_key, range(1, MAX_DAILY + 1)), DISCOVERY, REDISCOVER]


def _wanted(settings: Preferences) -> set[str]:
    others = {DISCOVERY: settings.discovery_mix, REDISCOVER: settings.rediscover_mix}
    return {*map(_daily_key, range(1, settings.daily_mixes + 1)), *(key for key, on in others.items() if on)}


def written_mix(key: str, name: str, said: str, tracks: Iterable[Track]) -> WrittenMix:
    """Return a mix; `said`: what it is made of, as a sentence."""
    comment = f"{said} {REWRITTEN} {mark(key)}"
    return WrittenMix(key=key, name=name, comment=comment, mark=mark(key), song_ids=[track.id for track in tracks])


def describe(tracks: Iterable[ByArtist]) -> str:
    """Name the first three artists, without placeholders."""
    names = [name for name in dict.fromkeys(track.artist for track in tracks) if not is_placeholder(name)][:NAMED]
    return ", ".join(names) or "the tracks"
