"""Lists from chips, which pull a list towards something or push it away; with locked and excluded rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from contract.browse import MAX_CHIP_TRACKS, Chip, ChipQuestion
from contract.errors import InvalidRequest
from contract.message import common
from contract.people import Mode, Plan
from contract.search import Seed
from contract.track import VisibleTrack
from contract.warnings import Warned, WarningCode
from gateway.explore.labels import labels_of
from gateway.explore.rows import arranged
from gateway.explore.schema import ListRequest, ListSeed, PersonList, UsedSeed
from gateway.http.warned import warned
from gateway.people.finding import Finder
from gateway.people.lists import MAX_NAMED, NAMES, PersonLists
from gateway.people.schema import MixRequest, PersonTrack

#: Modes whose seeds are the chips alone.
CHIPS_ALONE: Final[frozenset[Mode]] = frozenset({"custom", "text"})
#: Weight of a chip of weight 1 beside the person's history, as a share of the whole history's weight.
BESIDE_HISTORY: Final = 0.5


@dataclass(slots=True)
class ChipEffects:
    """What the chips mean for a search."""

    used: list[UsedSeed] = field(default_factory=list)
    plus: list[tuple[list[str], float]] = field(default_factory=list)
    minus_ids: list[str] = field(default_factory=list)
    minus_artists: list[str] = field(default_factory=list)
    strength: float = 0.0
    texts: list[tuple[str, float]] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


async def list_for(finder: Finder, lists: PersonLists, wish: ListRequest) -> PersonList:
    """Make a list. Raises typed errors."""
    options = common(wish, MixRequest, song_ids=[])
    await lists.check_models(options)
    _check_texts(wish.seeds)
    chips = await _chips(finder, wish.seeds)
    effects = effects_of(wish.seeds, chips)
    locked = {each.id: each.place for each in wish.locked}
    kept, planned = await asyncio.gather(finder.named(list(locked)), _plan(finder, options, wish, effects))
    rows, told = await _search(finder, lists, options, planned, effects, kept)
    labels = await labels_of(finder, [track.id for track in (*rows, *kept)])
    arrangement = arranged(rows, [(track, locked.get(track.id, 0)) for track in kept], labels)
    return PersonList(
        name=_name(wish),
        mode=wish.mode,
        track_ids=[row.id for row in arrangement],
        rows=arrangement,
        seeds=effects.used,
        diversity=planned.diversity,
        limit=planned.limit,
        **warned([*told, *effects.warnings, *planned.warnings]),
    )


async def _chips(finder: Finder, seeds: Sequence[ListSeed]) -> list[Chip]:
    asked = [
        ChipQuestion(kind=seed.kind, id=seed.id, **({"most": MAX_CHIP_TRACKS} if seed.sign == "minus" else {}))
        for seed in seeds
        if seed.kind != "text"
    ]
    return await finder.chips(asked) if asked else []


def _check_texts(seeds: Sequence[ListSeed]) -> None:
    for place, seed in enumerate(seeds):
        if seed.kind == "text" and seed.sign == "minus":
            said = "words to avoid belong to negativePrompts"
            raise InvalidRequest(f"seeds.{place}.sign: {said}", {"field": f"seeds.{place}.sign", "reason": said})


def effects_of(seeds: Sequence[ListSeed], chips: Sequence[Chip]) -> ChipEffects:
    """Group chips by their effect. `chips`: one for each of `seeds` that is no text, in order."""
    effects = ChipEffects()
    left = iter(chips)
    unseen = 0
    for seed in seeds:
        if seed.kind == "text":
            effects.texts.append((seed.id, seed.weight))
            effects.used.append(_used(seed, seed.id, seed.id))
            continue
        chip = next(left)
        found = bool(chip.track_ids)
        unseen += not found
        effects.used.append(_used(seed, chip.id, chip.name, chip.artist, chip.tracks, found=found))
        if found and seed.sign == "plus":
            effects.plus.append((chip.track_ids, seed.weight))
        elif found:
            effects.minus_ids += chip.track_ids
            effects.strength = max(effects.strength, seed.weight)
            if seed.kind == "artist":
                effects.minus_artists.append(chip.id)
    if unseen:
        said = f"{unseen} of {len(seeds)} seeds had no effect: they do not exist, or you may not see them"
        effects.warnings.append(Warned(code=WarningCode.SONGS_UNSEEN, message=said))
    return effects


def _used(seed: ListSeed, key: str, name: str, artist: str = "", tracks: int = 0, *, found: bool = True) -> UsedSeed:
    return UsedSeed(
        kind=seed.kind,
        id=key,
        sign=seed.sign,
        weight=seed.weight,
        name=name,
        artist=artist,
        tracks=tracks,
        found=found,
    )


async def _plan(finder: Finder, options: MixRequest, wish: ListRequest, effects: ChipEffects) -> Plan:
    """Return the library's plan, with the chips among its seeds and dislikes."""
    asked = replace(
        options,
        exclude_track_ids=[*wish.exclude_track_ids, *wish.removed_ids],
        negative_track_ids=effects.minus_ids,
    )
    # For `text`, the library plans no seeds: there are only the chips.
    planned = await finder.plan("text" if wish.mode in CHIPS_ALONE else wish.mode, asked)
    history = sum(seed.weight for seed in planned.seeds)
    unit = BESIDE_HISTORY * history if history else 1.0
    chips = [
        Seed(track_id=track_id, weight=unit * weight / len(track_ids), source="chip")
        for track_ids, weight in effects.plus
        for track_id in track_ids
    ]
    strength = min(1.0, planned.dislike_strength * effects.strength)
    return replace(planned, seeds=[*planned.seeds, *chips], dislike_strength=strength)


async def _search(
    finder: Finder,
    lists: PersonLists,
    options: MixRequest,
    planned: Plan,
    effects: ChipEffects,
    kept: Sequence[VisibleTrack],
) -> tuple[list[PersonTrack], list[Warned]]:
    """Return the tracks that fill the rows between those that stay, and warnings."""
    missing = planned.limit - len(kept)
    if not planned.library_ids or missing <= 0:
        return [], []
    texts, unread = await _texts(lists, options, effects, planned)
    if not texts and not planned.seeds:
        said = Warned(code=WarningCode.NO_SEEDS, message="no seeds: add a track, album, artist, genre or some words")
        return [], [*unread, *([] if unread or planned.warnings or effects.warnings else [said])]
    request, unavoided = await lists.request(options, texts, planned)
    known = [track.id for track in kept]
    request = replace(
        request,
        limit=missing,
        disliked_artist_ids=effects.minus_artists,
        listed_track_ids=known,
        exclude_track_ids=list(dict.fromkeys([*request.exclude_track_ids, *known])),
    )
    tracks, told = await finder.recommend(request)
    return tracks, [*told, *unread, *unavoided]


async def _texts(
    lists: PersonLists, options: MixRequest, effects: ChipEffects, planned: Plan
) -> tuple[list[Seed], list[Warned]]:
    """Return the texts as seeds for each model that reads them."""
    history = sum(seed.weight for seed in planned.seeds if seed.source != "chip")
    unit = BESIDE_HISTORY * history if history else 1.0
    seeds: list[Seed] = []
    warnings: list[Warned] = []
    read = await asyncio.gather(*(lists.read(replace(options, text=text)) for text, _ in effects.texts))
    for number, ((_, weight), (found, unread)) in enumerate(zip(effects.texts, read, strict=True)):
        seeds += [replace(seed, track_id=f"{seed.track_id}:{number}", weight=unit * weight) for seed in found]
        warnings += unread
    return seeds, warnings


def _name(wish: ListRequest) -> str:
    texts = [" ".join(seed.id.split()) for seed in wish.seeds if seed.kind == "text"]
    words = ", ".join(texts)[:MAX_NAMED] if wish.mode in CHIPS_ALONE else ""
    return (wish.name or "").strip() or words or NAMES[wish.mode]
