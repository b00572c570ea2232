"""The limits that a text sets: tempo, years and keys. Each is cut out of the text, so that no word counts twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.labels import KEYS, PITCHES

#: How far a tempo may be from the one asked for, and from one asked for as "around".
NEAR, AROUND = 0.04, 0.08
#: Range of tempi and of years; a number outside it means something else.
SLOWEST, FASTEST = 20.0, 400.0
FIRST_YEAR, LAST_YEAR = 1000, 2999

_BPM: Final = r"(\d{2,3}(?:\.\d+)?)"
_UNIT: Final = r"\s*(?:bpm|beats per minute)\b"
_OVER: Final = r"(?:over|above|faster than|more than|at least|from|>|minimum|min)"
_UNDER: Final = r"(?:under|below|slower than|less than|at most|up to|<|maximum|max)"
_RANGE: Final = re.compile(rf"(?:between\s+)?{_BPM}(?:{_UNIT})?\s*(?:-|–|to|and)\s*{_BPM}{_UNIT}")
_FASTER: Final = re.compile(rf"{_OVER}\s*{_BPM}{_UNIT}")
_SLOWER: Final = re.compile(rf"{_UNDER}\s*{_BPM}{_UNIT}")
_AT: Final = re.compile(rf"(around|about|roughly|circa|ca\.?|approximately|~)?\s*(?:at\s+)?{_BPM}{_UNIT}")

_YEAR: Final = r"((?:1[5-9]|20)\d\d)"
_YEARS: Final = re.compile(rf"(?:from\s+|between\s+)?\b{_YEAR}\s*(?:-|–|to|and|until)\s*{_YEAR}\b")
_BEFORE: Final = re.compile(rf"(?:before|older than|until|up to)\s+{_YEAR}\b")
_AFTER: Final = re.compile(rf"(?:after|since|newer than|from {_YEAR} on(?:wards?)?)\s*{_YEAR}?\b")
_ONE_YEAR: Final = re.compile(rf"(?:from|of|in|released in|year)?\s*\b{_YEAR}\b(?!\s*s)")
_DECADES: Final = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000, "2000s": 2000, "2010s": 2010, "2020s": 2020,
}  # fmt: skip
_DECADE: Final = re.compile(
    rf"(?:from |of |in )?(?:the )?(early|mid|late)?[\s-]*(?:\b((?:1[5-9]|20)?\d0)\s?s\b|\b({'|'.join(_DECADES)})\b)"
)
_KEY: Final = re.compile(
    r"\b(?:in|key of)\s+(?:the key of\s+)?([a-g])(?:\s*(#|♯|sharp)|\s*(b|♭|flat))?"
    r"[\s-]*(major|minor|maj|min)\b(?!\s+key)"
)
_MODE: Final = re.compile(r"\b(?:in\s+)?(?:a\s+)?(major|minor)(?:\s+keys?|\s+mode)?\b")

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the text demands: tempo in BPM, years, and keys by their number; None where it demands nothing."""

    bpm: Span | None = None
    years: Span | None = None
    keys: frozenset[int] | None = None
    bpm_words: str = ""
    years_words: str = ""
    key_words: str = ""

    def __bool__(self) -> bool:
        return self.bpm is not None or self.years is not None or self.keys is not None


def read_limits(text: str) -> tuple[Limits, str]:
    """Return the limits in a folded text, and the text without them."""
    bpm, bpm_words, text = _first(text, ((_RANGE, _range), (_FASTER, _faster), (_SLOWER, _slower), (_AT, _at)))
    years, years_words, text = _first(
        text, ((_YEARS, _range), (_BEFORE, _before), (_AFTER, _after), (_DECADE, _decade), (_ONE_YEAR, _one_year))
    )
    keys, key_words, text = _keys(text)
    return Limits(bpm, years, keys, bpm_words, years_words, key_words), text


def _first(
    text: str, patterns: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Span]], ...]
) -> tuple[Span | None, str, str]:
    for pattern, span_of in patterns:
        found = pattern.search(text)
        if found:
            return span_of(found), found.group().strip(), f"{text[: found.start()]} {text[found.end() :]}"
    return None, "", text


def _range(found: re.Match[str]) -> Span:
    low, high = sorted((float(found[1]), float(found[2])))
    return low, high


def _faster(found: re.Match[str]) -> Span:
    return float(found[1]), FASTEST


def _slower(found: re.Match[str]) -> Span:
    return SLOWEST, float(found[1])


def _at(found: re.Match[str]) -> Span:
    bpm, width = float(found[2]), AROUND if found[1] else NEAR
    return bpm * (1 - width), bpm * (1 + width)


def _before(found: re.Match[str]) -> Span:
    return FIRST_YEAR, float(found[1]) - 1


def _after(found: re.Match[str]) -> Span:
    year = float(found[1] or found[2] or FIRST_YEAR)
    return (year if found[1] or found.group().startswith("since") else year + 1), LAST_YEAR


def _one_year(found: re.Match[str]) -> Span:
    return float(found[1]), float(found[1])


def _decade(found: re.Match[str]) -> Span:
    number = int(found[2]) if found[2] else _DECADES[found[3]]
    if number < 100:
        number += 2000 if number in {0, 10, 20} else 1900
    first, last = {"early": (0, 3), "mid": (3, 6), "late": (6, 9)}.get(found[1] or "", (0, 9))
    return number + first, number + last


def _keys(text: str) -> tuple[frozenset[int] | None, str, str]:
    found = _KEY.search(text)
    if found:
        pitch = PITCHES.index(found[1].upper()) + (1 if found[2] else -1 if found[3] else 0)
        keys = frozenset({pitch % 12 + (12 if found[4].startswith("min") else 0)})
    else:
        found = _MODE.search(text)
        if found is None:
            return None, "", text
        keys = frozenset(number for number, name in enumerate(KEYS) if name.endswith(found[1]))
    return keys, found.group().strip(), f"{text[: found.start()]} {text[found.end() :]}"
