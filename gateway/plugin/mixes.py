"""The playlists that appear by themselves: one for each interest, something new, something long not heard."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from gateway.mesh import Mesh
from gateway.people.around import OWN_SHARE, interleaved
from gateway.people.names import is_nobody
from gateway.plugin.days import of_the_day
from gateway.plugin.library import Library, Track
from gateway.plugin.neighbours import MAX_COUNT

#: Fewest tracks that a person played or starred: fewer say too little.
FEWEST_KNOWN: Final = 20
#: Fewest tracks of a mix that is worth a playlist.
FEWEST_TRACKS: Final = 5
#: Most daily mixes that the settings allow.
MAX_DAILY: Final = 6
#: Tracks that are fetched for each one that is wanted, so that no day is like the last.
CHOICE: Final = 2
#: The least similarity, on the calibrated scale, of what is said to sound alike: closer than about five of six pairs.
NEAR: Final = 0.2
#: And the least of it beside the `FEWEST_TRACKS`th nearest. Of a small library little is as near; a mix is then
#: shorter, rather than of anything.
HALF: Final = 0.5
#: The least that a seed of a daily mix weighs; the newest weighs 1.
LEAST_WEIGHT: Final = 0.1
#: Artists that a comment names.
NAMED: Final = 3

Mix = dict[str, Any]
Plan = Mapping[str, Any]


class MixMaker:
    """Mixes of one person after the other. `seconds` is the most that a call into the mesh may take.

    Not to be shared. All methods raise the typed errors of the mesh.
    """

    def __init__(self, mesh: Mesh, seconds: float) -> None:
        self._mesh = mesh
        self._seconds = seconds
        self._library = Library(mesh, seconds)
        self._day = date.today().isoformat()

    async def of(self, user_name: str) -> dict[str, Any]:
        """`{"userName", "day", "mixes", "off"}`; `off` are the mixes that the person does not want."""
        known = await self._call("library", "people.mixes", user_name=user_name)
        settings = known["settings"]
        wanted = _wanted(settings)
        off = [{"key": key, "mark": mark(key)} for key in _all_keys() if key not in wanted]
        answer: dict[str, Any] = {"userName": user_name, "day": self._day, "mixes": [], "off": off}
        if known["known"] < FEWEST_KNOWN or not known["library_ids"]:
            return answer
        size = int(settings["mix_size"])
        mixes = await self._daily(user_name, known, int(settings["daily_mixes"]), size)
        if settings["discovery_mix"]:
            mixes.append(await self._discovery(user_name, size))
        if settings["rediscover_mix"]:
            mixes.append(await self._rediscover(known["rediscover_track_ids"], size))
        answer["mixes"] = [mix for mix in mixes if len(mix["songIds"]) >= FEWEST_TRACKS]
        return answer

    async def _daily(self, user_name: str, known: Plan, count: int, size: int) -> list[Mix]:
        """One for each interest in what was played last, the largest first; no track is in two of them."""
        if not count:
            return []
        plan = await self._call("library", "people.plan", user_name=user_name, mode="all", limit=1)
        params = {"track_ids": known["recent_track_ids"], "most": count}
        groups = (await self._call("search", "interests", **params))["groups"]
        used: set[str] = set()
        mixes = []
        for number, group in enumerate(groups[:count], 1):
            tracks = await self._around(plan, group, size, used)
            used |= {track["id"] for track in tracks}
            played = (await self._library.tracks(group)).values()
            said = f"Like {describe(played)}, which you played lately, and what sounds like it."
            mixes.append(_mix(f"daily-{number}", f"Daily Mix {number}", said, tracks))
        return mixes

    async def _around(self, plan: Plan, group: Sequence[str], size: int, used: Collection[str]) -> list[Track]:
        seeds = [
            {"track_id": track_id, "weight": max(1 / (place + 1), LEAST_WEIGHT)} for place, track_id in enumerate(group)
        ]
        near = await self._recommend({**plan, "seeds": seeds}, CHOICE * size, used)
        chosen = of_the_day([track["id"] for track in near], size, self._day)
        # Where little sounds like it, the rest is what was played.
        most = max(size // OWN_SHARE, size - len(chosen))
        own = of_the_day([i for i in await self._distinct(group) if i not in used], most, self._day)
        tracks = await self._library.tracks([*own, *chosen])
        mine, others = ([dict(tracks[i]) for i in ids if i in tracks] for ids in (own, chosen))
        mixed: list[Track] = [*interleaved(mine, others, size)]
        there = {track["id"] for track in mixed}
        return [*mixed, *(track for track in mine if track["id"] not in there)][:size]

    async def _discovery(self, user_name: str, size: int) -> Mix:
        limit = min(CHOICE * size, MAX_COUNT)
        plan = await self._call("library", "people.plan", user_name=user_name, mode="discovery", limit=limit)
        near = await self._recommend(plan, limit) if plan["seeds"] else []
        chosen = set(of_the_day([track["id"] for track in near], size, self._day))
        said = "Near what you love, and never played by you."
        return _mix("discovery", "Discovery", said, [track for track in near if track["id"] in chosen])

    async def _rediscover(self, track_ids: Sequence[str], size: int) -> Mix:
        chosen = of_the_day(await self._distinct(track_ids), size, self._day)
        tracks = list((await self._library.tracks(chosen)).values())
        return _mix("rediscover", "Rediscover", "What you love and have not heard for six months.", tracks)

    async def _recommend(self, plan: Plan, limit: int, used: Collection[str] = ()) -> list[Track]:
        """Tracks near a plan's seeds; what the person's ratings reject is among its exclusions."""
        params = {**plan, "limit": min(limit, MAX_COUNT), "listed_track_ids": list(used)}
        found = await self._call("search", "recommend", **params)
        return list((await self._library.tracks(_near(found["tracks"]))).values())

    async def _distinct(self, track_ids: Sequence[str]) -> list[str]:
        """The first of each song."""
        found: list[str] = (await self._call("search", "distinct", track_ids=list(track_ids)))["track_ids"]
        return found

    async def _call(self, service: str, op: str, **params: Any) -> dict[str, Any]:
        return (await self._mesh.call(service, op, params, timeout=self._seconds)).result


def _near(tracks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids of those that sound alike, in their order."""
    scores = sorted((track["score"] for track in tracks), reverse=True)
    least = max(NEAR, HALF * scores[min(FEWEST_TRACKS, len(scores)) - 1]) if scores else NEAR
    return [track["track_id"] for track in tracks if track["score"] >= least]


def mark(key: str) -> str:
    """What tells a mix from every other playlist, whatever its id and name."""
    return f"[sonicmesh:{key}]"


def _all_keys() -> list[str]:
    return [*(f"daily-{number}" for number in range(1, MAX_DAILY + 1)), "discovery", "rediscover"]


def _wanted(settings: Mapping[str, Any]) -> set[str]:
    wanted = {f"daily-{number}" for number in range(1, int(settings["daily_mixes"]) + 1)}
    return wanted | {name for name in ("discovery", "rediscover") if settings[f"{name}_mix"]}


def _mix(key: str, name: str, said: str, tracks: Iterable[Track]) -> Mix:
    comment = f"{said} Written anew every day by Sonic Mesh. {mark(key)}"
    return {
        "key": key,
        "name": name,
        "comment": comment,
        "mark": mark(key),
        "songIds": [track["id"] for track in tracks],
    }


def describe(tracks: Iterable[Track]) -> str:
    """The first three artists who have a name."""
    names = [name for name in dict.fromkeys(str(track["artist"]) for track in tracks) if not is_nobody(name)][:NAMED]
    return ", ".join(names) or "the tracks"
