"""What lists leave out, unless they start from something of the kind: audiobooks, or what the settings say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """Tracks that lists leave out, by what: a genre, a library, being too short or too long."""

    by: str
    track_ids: frozenset[str]


def kinds_from_wire(value: Sequence[Mapping[str, Any]]) -> tuple[Kind, ...]:
    """The kinds of the library's answer to `tracks.unlisted`."""
    return tuple(Kind(str(kind["by"]), frozenset(kind["track_ids"])) for kind in value)


class Unlisted:
    """The kinds that are known now. May be asked by one thread while another one tells it of others."""

    def __init__(self) -> None:
        self._known: tuple[tuple[Kind, ...], frozenset[str]] = ((), frozenset())

    def know(self, kinds: Sequence[Kind]) -> None:
        """From now on these."""
        self._known = tuple(kinds), _tracks(kinds)

    def beside(self, seeds: Iterable[str]) -> frozenset[str]:
        """Tracks that a list from these tracks leaves out; the same object where none of them is of a kind.

        What is of several kinds by the same thing (two genres) may come where a seed is of one of them; what is left
        out by two things (a genre, and a library) only where seeds are of both.
        """
        kinds, everything = self._known
        present = everything.intersection(seeds)
        if not present:
            return everything
        wanted = [kind for kind in kinds if not kind.track_ids.isdisjoint(present)]
        left: set[str] = set()
        for by in {kind.by for kind in kinds}:
            left |= _tracks(kind for kind in kinds if kind.by == by) - _tracks(k for k in wanted if k.by == by)
        return frozenset(left)


def _tracks(kinds: Iterable[Kind]) -> frozenset[str]:
    return frozenset().union(*(kind.track_ids for kind in kinds))
