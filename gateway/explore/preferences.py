"""A person's settings, each with its range and its meaning; a change returns the previous values, to undo it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of_class
from typing import Any, Final, Literal, get_args, get_type_hints

from aiohttp import web

from contract.fields import Between
from contract.message import fields_of
from contract.people import Preferences
from gateway.explore.schema import ChangedSettings, DescribedSetting, DescribedSettings
from gateway.http.body import read
from gateway.http.camel import camel, camel_name
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.people.caller import caller
from gateway.people.finding import Finder
from gateway.people.schema import SettingsChange

Group = Literal["lists", "mixes"]

#: The group of each setting, the step of a slider, and what it does.
MEANINGS: Final[Mapping[str, tuple[Group, float | None, str]]] = {
    "mix_length": ("lists", 1, "Tracks in a list."),
    "base_diversity": (
        "lists",
        0.05,
        "Variety of a list: 0 keeps to the closest tracks, 1 spreads most widely.",
    ),
    "discovery_exploration": ("lists", 0.05, "Variety of lists of new music."),
    "seed_recency_window_days": ("lists", 1, "Days of listening that lists from recent plays start from."),
    "favorites_blend_weight": ("lists", 0.05, "How much favorites count beside recent plays."),
    "low_rating_penalty": ("lists", 0.05, "How strongly albums and artists with low ratings are left out."),
    "daily_mixes": ("mixes", 1, "Daily mixes, one for each kind of music that you played lately; 0: none."),
    "discovery_mix": ("mixes", None, "A daily mix of music near what you love that you never played."),
    "rediscover_mix": ("mixes", None, "A daily mix of what you love and have not heard for six months."),
    "mix_size": ("mixes", 1, "Tracks in each mix."),
}


async def preferences(request: web.Request) -> web.StreamResponse:
    """The caller's settings, each with its range and what it does."""
    person, _ = await caller(request)
    return json_reply(
        camel(DescribedSettings(settings=described(await Finder(request.app[MESH], person).preferences())))
    )


async def change_preferences(request: web.Request) -> web.StreamResponse:
    """Change some of the caller's settings; the response has the previous values: send them to undo the change."""
    person, _ = await caller(request)
    changes = await read(request, SettingsChange)
    finder = Finder(request.app[MESH], person)
    before = fields_of(await finder.preferences())
    after = await finder.change_preferences(changes)
    previous = {camel_name(name): before[name] for name, value in fields_of(after).items() if value != before.get(name)}
    return json_reply(camel(ChangedSettings(settings=described(after), previous=previous)))


def described(values: Preferences) -> list[DescribedSetting]:
    """Return every setting with its value and range, which are the contract's."""
    defaults = Preferences()
    hints = get_type_hints(Preferences, include_extras=True)
    found = []
    for each in fields_of_class(Preferences):
        group, step, meaning = MEANINGS[each.name]
        least, most = _range(hints[each.name])
        whole = least is not None and get_args(hints[each.name])[0] is int
        kind: Literal["whole", "number", "switch"] = "switch" if least is None else "whole" if whole else "number"
        found.append(
            DescribedSetting(
                name=camel_name(each.name),
                group=group,
                kind=kind,
                value=getattr(values, each.name),
                default=getattr(defaults, each.name),
                least=least,
                most=most,
                step=step,
                meaning=meaning,
            )
        )
    return found


def _range(hint: Any) -> tuple[float | None, float | None]:
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, Between):
            return mark.least, mark.most
    return None, None
