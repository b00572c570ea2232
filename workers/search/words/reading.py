"""What a text was understood to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workers.search.words.limits import Limits

NO_LIMITS = Limits()
#: Share of the greatest weight of a profile from which an aspect is one of its main ones.
MAIN_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that tracks should have, or, `negative`, should not have.

    `words`: as typed; `profile`: labels and facts with their weights; `tags`: tags of the library that mean it;
    `weight`: how much it counts; `certain`: whether the words mean exactly this, not only something near.
    """

    words: str
    profile: Mapping[str, float]
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    negative: bool = False
    certain: bool = True

    @property
    def main(self) -> dict[str, float]:
        """The aspects that it speaks of most: what a refusal means. Tracks without drums may be anything else."""
        least = MAIN_SHARE * max(self.profile.values(), default=0.0)
        return {name: weight for name, weight in self.profile.items() if weight >= max(least, 1e-6)}


@dataclass(frozen=True, slots=True)
class Like:
    """An artist of the library whose music the list should resemble, or, `negative`, should not."""

    words: str
    artist: str
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's terms, artists and limits, and the words that were not understood."""

    terms: tuple[Term, ...] = ()
    likes: tuple[Like, ...] = ()
    limits: Limits = NO_LIMITS
    unknown: tuple[str, ...] = ()

    @property
    def understood(self) -> bool:
        """Whether anything was."""
        return bool(self.terms or self.likes or self.limits)
