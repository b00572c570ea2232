"""Which models answer a request: the rule, without a store.

Of the models that can answer, those are *ready* that hold at least half of what the fullest holds, in tracks and in
the weight of the seeds. The ready ones among those asked for answer; where there is none, one *fallback model* does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

#: A model is ready where no other holds more than so many times its tracks or its seeds' weight.
READY_FACTOR: Final = 2
#: Sums of the same weights in another order differ by less than this share.
ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Holding:
    """What a model holds of a request: tracks that a list may name, seeds, and the weight of those seeds."""

    model: str
    tracks: int
    seeds: int
    weight: float


@dataclass(frozen=True, slots=True)
class Preference:
    """The order in which a fallback is looked for: `default` models first, then those `enabled`."""

    default: Sequence[str]
    enabled: Sequence[str]


def able(holdings: Collection[Holding], least_seeds: int = 1) -> list[Holding]:
    """Those that can answer: they hold a track, and at least `least_seeds` of the seeds."""
    return [holding for holding in holdings if holding.tracks > 0 and holding.seeds >= least_seeds]


def ready(holdings: Collection[Holding]) -> list[Holding]:
    """Those of the models that can answer of which no other holds more than twice as much."""
    tracks = max((holding.tracks for holding in holdings), default=0)
    weight = max((holding.weight for holding in holdings), default=0.0) * (1 - ROUNDING)
    return [
        holding
        for holding in holdings
        if tracks <= READY_FACTOR * holding.tracks and weight <= READY_FACTOR * holding.weight
    ]


def fallback(holdings: Sequence[Holding], preference: Preference) -> Holding | None:
    """The one that answers where no model asked for is ready; None where none of `holdings` (all able) is given."""
    candidates = {holding.model: holding for holding in ready(holdings)}
    for model in (*preference.default, *preference.enabled):
        if model in candidates:
            return candidates[model]
    if candidates:
        return max(candidates.values(), key=lambda holding: holding.tracks)
    return max(holdings, key=lambda holding: (holding.weight, holding.tracks), default=None)
