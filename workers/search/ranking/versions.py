"""When two tracks are the same recording, or versions of one song.

Most tracks of equal artist and title are different music ("Intro" of two albums, "Part 1" of two discs), so tags never
decide alone: they say which pairs to look at, duration and sound decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from workers.search.ranking.calibration import Scores
from workers.search.rows import Row

#: Seconds by which two encodings of one recording may differ.
SAME_DURATION = 2.0
#: Calibrated similarity from which equal artist, title and duration mean the same recording.
SAME_RECORDING = 0.98
#: Calibrated similarity from which equal artist and base title mean versions of one song.
VERSION = 0.9
#: Code of what is unknown: equal to nothing.
UNKNOWN = -1

#: Words that make a version of a title: in brackets or behind a dash, perhaps with a year or further words.
VERSION_WORDS = (
    "live|remaster|remastered|remix|remixed|edit|mix|version|demo|acoustic|unplugged|mono|stereo|instrumental|radio|"
    "single|album|extended|session|sessions|take|alternate|bonus|deluxe|anniversary|reprise|rerecorded|re-recorded"
)
BRACKETED = re.compile(rf"\s*[(\[][^()\[\]]*\b(?:{VERSION_WORDS})\b[^()\[\]]*[)\]]", re.IGNORECASE)
DASHED = re.compile(rf"\s+[-–—]\s+[^-–—]*\b(?:{VERSION_WORDS})\b[^-–—]*$", re.IGNORECASE)

#: Titles and artists whose plain form is remembered.
CACHE = 100_000

Codes = npt.NDArray[np.int64]


@lru_cache(maxsize=CACHE)
def plain(text: str) -> str:
    """Letter case, accents' encoding and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=CACHE)
def base_title(title: str) -> str:
    """The title without what only says which version it is; a title of nothing else stays."""
    base = DASHED.sub("", BRACKETED.sub("", title))
    return plain(base) or plain(title)


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells [n] tracks apart, as codes that are equal where the thing is equal and `UNKNOWN` where it is empty.

    `song` is artist and title, `base` artist and base title; `duration` in seconds.
    """

    audio: Codes
    song: Codes
    base: Codes
    artist: Codes
    duration: npt.NDArray[np.float64]


def identity_of(rows: Sequence[Row]) -> Identity:
    """The identity of rows."""
    artists = [plain(row.artist) or row.artist_id for row in rows]
    titled = [bool(artist and row.title) for artist, row in zip(artists, rows, strict=True)]
    pairs = list(zip(rows, artists, titled, strict=True))
    return Identity(
        audio=_codes([row.audio_id or None for row in rows]),
        song=_codes([(artist, plain(row.title)) if known else None for row, artist, known in pairs]),
        base=_codes([(artist, base_title(row.title)) if known else None for row, artist, known in pairs]),
        artist=_codes([row.artist_id or artist or None for row, artist, _ in pairs]),
        duration=np.array([row.duration for row in rows], np.float64),
    )


def _codes(values: Sequence[object]) -> Codes:
    numbers: dict[object, int] = {}
    return np.array(
        [UNKNOWN if value is None else numbers.setdefault(value, len(numbers)) for value in values], np.int64
    )


def same_audio(of: Identity, one: int) -> npt.NDArray[np.bool_]:
    """[n], True where the audio is that of track `one`."""
    same: npt.NDArray[np.bool_] = (of.audio == of.audio[one]) & (of.audio != UNKNOWN)
    return same


def worth_comparing(of: Identity, one: int) -> npt.NDArray[np.bool_]:
    """[n], True where tags allow another version of track `one`."""
    worth: npt.NDArray[np.bool_] = (of.base == of.base[one]) & (of.base != UNKNOWN)
    return worth


def same_recording(of: Identity, one: int, similarity: Scores) -> npt.NDArray[np.bool_]:
    """[n], True where a track is the recording `one`; `similarity` [n] is calibrated."""
    alike = (of.song == of.song[one]) & (of.song != UNKNOWN)
    as_long = np.abs(of.duration - of.duration[one]) <= SAME_DURATION
    same: npt.NDArray[np.bool_] = same_audio(of, one) | (alike & as_long & (similarity >= SAME_RECORDING))
    return same


def same_song(of: Identity, one: int, similarity: Scores) -> npt.NDArray[np.bool_]:
    """[n], True where a track is `one` again: the same recording or a version of it."""
    version = worth_comparing(of, one) & (similarity >= VERSION)
    same: npt.NDArray[np.bool_] = same_recording(of, one, similarity) | version
    return same
