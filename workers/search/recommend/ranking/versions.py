"""Decides whether two tracks are the same recording, or versions of one song.

Sound decides first: tracks of equal length and sound are the same, whatever their tags say. Tags come second: they
select pairs to compare less strictly. Most tracks of equal artist and title are different music ("Intro" of two albums,
"Part 1" of two discs). The thresholds are measured in docs/benchmarks/quality.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from contract.search import Row
from workers.search.recommend.ranking.similarity import Scores
from workers.search.recommend.ranking.titles import bare_title, base_title, is_performance, main_artist, plain

#: Seconds by which two files of one recording may differ.
SAME_DURATION: Final = 2.0
#: Seconds by which encodings of it differ: padding that coders add at the ends. Two takes of a song are rarely so equal
#: in length.
SAME_LENGTH_SECONDS: Final = 0.5
#: Seconds below which sound alone cannot identify a track: silences, jingles, count-ins.
SHORT: Final = 10.0
#: Sameness above which equal duration means the same recording: whatever the tags say, and if they agree.
SURE: Final = 0.99
LIKELY: Final = 0.9
#: Calibrated similarity above which equal artist and base title mean versions of one song.
VERSION: Final = 0.9
#: The same if a title names a version: live, remastered, an edit. No farther apart than an unrelated pair.
NAMED_VERSION: Final = 0.0
#: Code for an unknown value: equal to nothing.
UNKNOWN: Final = -1

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Identity:
    """Codes that tell [n] tracks apart: equal if the values are equal, `UNKNOWN` if a value is empty.

    `bare` is artist and title as careless tags write them, `base` artist and base title, `artist` the artist's id;
    `performance`: the title names a version; `duration` in seconds, 0 if unknown.
    """

    audio: Codes
    bare: Codes
    base: Codes
    artist: Codes
    performance: Mask
    duration: npt.NDArray[np.float64]

    def __getitem__(self, some: slice | Positions | list[int]) -> Identity:
        """Returns some of the tracks; their codes remain comparable with those of the others."""
        return Identity(
            self.audio[some],
            self.bare[some],
            self.base[some],
            self.artist[some],
            self.performance[some],
            self.duration[some],
        )


def identity_of(rows: Sequence[Row]) -> Identity:
    """The identity of rows."""
    artists = [main_artist(row.artist) or row.artist_id for row in rows]
    keys = [artist if artist and row.title else None for artist, row in zip(artists, rows, strict=True)]
    named = list(zip(keys, (row.title for row in rows), strict=True))
    return Identity(
        audio=_codes([row.audio_id or None for row in rows]),
        bare=_codes([key and (key, bare_title(title)) for key, title in named]),
        base=_codes([key and (key, base_title(title)) for key, title in named]),
        artist=_codes([row.artist_id or plain(row.artist) or None for row in rows]),
        performance=np.array([is_performance(title) for _, title in named], np.bool_),
        duration=np.array([row.duration for row in rows], np.float64),
    )


def _codes(values: Sequence[object]) -> Codes:
    numbers: dict[object, int] = {}
    return np.array(
        [UNKNOWN if value is None else numbers.setdefault(value, len(numbers)) for value in values], np.int64
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """What tags and durations say about [n] tracks against [m], before comparing sound: [n, m], or [n] against one.

    `audio`: the same audio; `as_long`: the same duration; `equally`: the same but for an encoder's padding; `long`:
    long enough to be identified by sound; `bare`, `base`: the tags agree in that form; `performance`: one of the titles
    names a version.
    """

    audio: Mask
    as_long: Mask
    equally: Mask
    long: Mask
    bare: Mask
    base: Mask
    performance: Mask

    @property
    def worth_hearing(self) -> Mask:
        """True where the sound must decide."""
        worth: Mask = (self.as_long & (self.long | self.bare)) | self.base
        return worth


def pairs_of(some: Identity, others: Identity) -> Pairs:
    """[n, m] pairs of [n] and [m] tracks, whose codes come from the same `identity_of` call."""

    def equal(one: Codes, other: Codes) -> Mask:
        same: Mask = (one[:, None] == other) & (one != UNKNOWN)[:, None]
        return same

    apart = np.abs(some.duration[:, None] - others.duration)
    return Pairs(
        audio=equal(some.audio, others.audio),
        as_long=apart <= SAME_DURATION,
        equally=apart <= SAME_LENGTH_SECONDS,
        long=np.minimum(some.duration[:, None], others.duration) >= SHORT,
        bare=equal(some.bare, others.bare),
        base=equal(some.base, others.base),
        performance=some.performance[:, None] | others.performance,
    )


def same_recording(pairs: Pairs, sameness: Scores) -> Mask:
    """True where a pair is one recording; `sameness` has the shape of the pairs, any value if not worth hearing."""
    sure = pairs.as_long & (pairs.long | pairs.bare) & (sameness >= SURE)
    likely = pairs.equally & pairs.bare & (sameness >= LIKELY)
    same: Mask = pairs.audio | sure | likely
    return same


def same_song(pairs: Pairs, sameness: Scores, similarity: Scores) -> Mask:
    """True where a pair is one recording or versions of one song; `similarity` is calibrated."""
    version = pairs.base & (similarity >= np.where(pairs.performance, NAMED_VERSION, VERSION))
    same: Mask = same_recording(pairs, sameness) | version
    return same
