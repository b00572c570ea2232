"""One sentence as a person writes it, with what must come and what must not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text, and what its list holds.

    `come` and `never` name traits of tracks: style, artist, mood, year or decade (`1959`, `1960s`). `a+b` is a track
    with both. `come` empty: nothing of the text can be understood, so the list is empty. `first`: how many of the list
    are judged.
    """

    text: str
    come: frozenset[str] = field(default_factory=frozenset)
    never: frozenset[str] = field(default_factory=frozenset)
    first: int = 8

    def score(self, tracks: Sequence[Collection[str]], library: Sequence[Collection[str]]) -> float:
        """Return 0..1 for a list, each track given by its traits: hits less misses, over the hits that can be.

        `library`: the traits of all songs, versions of one song once, as lists have them.
        """
        if not self.come:
            return float(not tracks)
        judged = tracks[: self.first]
        hits = sum(_has(traits, self.come) for traits in judged)
        wrong = sum(_has(traits, self.never) for traits in judged)
        most = min(self.first, sum(_has(traits, self.come) for traits in library))
        return max(0.0, (hits - wrong) / most)


def says(text: str, come: str = "", never: str = "", first: int = 8) -> Sentence:
    """Return a sentence from traits separated by commas."""
    return Sentence(text, _traits(come), _traits(never), first)


def _traits(names: str) -> frozenset[str]:
    return frozenset(name.strip() for name in names.split(",") if name.strip())


def _has(traits: Collection[str], wanted: frozenset[str]) -> bool:
    return any(all(part in traits for part in trait.split("+")) for trait in wanted)
