"""What is known of the library's tracks, column by column: labels, facts about the sound, tags, years and artists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.labels import FACTS
from contract.vocabulary import NAMES
from workers.search.words.folding import key

#: Half of a column's range, for a track of which nothing is known.
UNKNOWN = np.float32(0.5)
#: Where people use a label as a tag, a track with that tag has at least this much of it, others less.
TAGGED, UNTAGGED = np.float32(0.9), np.float32(0.9)
#: Share of the tracks that a fact must be known of to count.
LEAST_KNOWN = 0.1

#: Steps of `places`.
STEPS = 4096

Column = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int32]
Key = tuple[str, ...]

#: The column of facts behind an aspect that a profile names.
FACT_OF: Mapping[str, str] = {"energy": "energy", "tempo": "bpm", "loudness": "loudness_lufs"}
CHANCE_OF: Mapping[str, str] = {"sung": "vocals", "spoken": "speech"}


@dataclass(slots=True)
class Tracks:
    """A snapshot of n tracks. Its arrays never change; columns derived from them are kept.

    `labels` [labels, n]: scores from 0 to 255, comparable within a label; `heard` [n]: whether a track has them.
    `facts` [facts, n]: as in `contract.labels.FACTS`, NaN if not known. `years` [n]: 0 if not known. `tags` and
    `artists`: rows by the key of their name; `names`: how people write it; `unfit`: labels no better than chance.
    """

    ids: Sequence[str]
    labels: npt.NDArray[np.uint8]
    heard: Mask
    facts: Vectors
    years: npt.NDArray[np.int16]
    tags: Mapping[Key, Rows]
    artists: Mapping[Key, Rows]
    names: Mapping[Key, str]
    unfit: frozenset[str] = frozenset()
    places: Mapping[str, int] = field(init=False)
    longest: int = field(init=False)
    _aspects: dict[str, Column | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {track_id: place for place, track_id in enumerate(self.ids)}
        self.longest = max(map(len, (*self.tags, *self.artists)), default=1)

    def __len__(self) -> int:
        return len(self.ids)

    def tag(self, words: Key) -> str | None:
        """Return the name of a tag of the library, or None."""
        return self.names[words] if words in self.tags else None

    def artist(self, words: Key) -> str | None:
        """Return the name of an artist of the library, or None."""
        return self.names[words] if words in self.artists else None

    def tagged(self, tags: Sequence[str]) -> Rows:
        """Return the rows of the tracks with any of these tags."""
        found = [self.tags[key(tag)] for tag in tags if key(tag) in self.tags]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)

    def fact(self, name: str) -> Column:
        """Return a column of facts [n], NaN if not known."""
        column: Column = self.facts[FACTS.index(name)]
        return column

    def aspect(self, name: str) -> Column | None:
        """Return how much of a label or fact each track has, [n] from 0 to 1; None if nothing is known of it."""
        if name not in self._aspects:
            self._aspects[name] = self._aspect(name)
        return self._aspects[name]

    def _aspect(self, name: str) -> Column | None:
        if name in NAMES:
            if not self.heard.any() or name in self.unfit:
                return None
            scores = self.labels[NAMES.index(name)].astype(np.float32) / 255
            found = np.where(self.heard, scores, UNKNOWN)
            rows = self.tags.get(key(name))
            if rows is not None:
                found *= UNTAGGED
                found[rows] = np.maximum(found[rows], TAGGED)
            return found
        column = self.fact(FACT_OF.get(name) or CHANCE_OF[name])
        known = ~np.isnan(column)
        if known.mean() < LEAST_KNOWN or not known.any():
            return None
        found = np.full(len(self), UNKNOWN, np.float32)
        found[known] = ranks(column[known]) if name in FACT_OF else np.clip(column[known], 0, 1)
        return found


def places(values: Column) -> Column:
    """Like `ranks` for values from 0 to 1, in steps of 1/4096: ten times as fast."""
    bins = np.clip((values * STEPS).astype(np.int32), 0, STEPS - 1)
    counts = np.bincount(bins, minlength=STEPS)
    middle = (np.cumsum(counts) - counts / 2) / max(len(values), 1)
    found: Column = middle.astype(np.float32)[bins]
    return found


def ranks(values: Column) -> Column:
    """Return the share of values below each of [n], ties sharing the middle of their places."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.searchsorted(ordered, values, "left")
    last = np.searchsorted(ordered, values, "right")
    middle: Column = ((first + last) / (2 * max(len(values), 1))).astype(np.float32)
    return middle


def no_tracks() -> Tracks:
    """Return the snapshot of an empty library."""
    return Tracks(
        ids=(),
        labels=np.zeros((len(NAMES), 0), np.uint8),
        heard=np.zeros(0, np.bool_),
        facts=np.zeros((len(FACTS), 0), np.float32),
        years=np.zeros(0, np.int16),
        tags={},
        artists={},
        names={},
    )
