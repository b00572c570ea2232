"""The limits that a text sets: tempo, years and keys. Each is cut out of the text, so that no word counts twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from contract.labels import KEYS, PITCHES
from workers.search.words.lexicon.grammar import NEGATIONS

#: How far a tempo may be from the one asked for, and from one asked for as "around".
NEAR, AROUND = 0.04, 0.08
#: Range of tempi and of years; a number outside it means something else.
SLOWEST, FASTEST = 20.0, 400.0
FIRST_YEAR, LAST_YEAR = 1000, 2999

# The patterns know single spaces only: a run of optional ones takes time that grows with the square of its length.
_BPM: Final = r"(?<![\d.])(\d{2,3}(?:\.\d+)?)"
_UNIT: Final = r" ?(?:bpm|beats per minute)\b"
_OVER: Final = r"(?:\b(?:over|above|faster than|more than|higher than|at least|from|minimum|min)|>)"
_UNDER: Final = r"(?:\b(?:under|below|slower than|less than|lower than|at most|up to|maximum|max)|<)"
_RANGE: Final = re.compile(rf"(?:between )?{_BPM}(?:{_UNIT})? ?(?:-|–|to|and) ?{_BPM}{_UNIT}")
_FASTER: Final = re.compile(rf"{_OVER} ?{_BPM}{_UNIT}")
_SLOWER: Final = re.compile(rf"{_UNDER} ?{_BPM}{_UNIT}")
_AT: Final = re.compile(rf"(around|about|roughly|circa|ca\.?|approximately|~)? ?(?:at )?{_BPM}{_UNIT}")
_TEMPO: Final = re.compile(rf"\b(?:tempo|bpm)( around| about)?(?: of| at)? {_BPM}\b")

_DECADES: Final = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000,
}  # fmt: skip
_PARTS: Final = {"early": (0, 3), "mid": (3, 6), "late": (6, 9)}
#: A year or a decade, or a part of one.
_PERIOD: Final = rf"(?:the )?\b((?:(?:{'|'.join(_PARTS)})[ -]?)?(?:(?:1[5-9]|20)\d\ds?|\d0s|{'|'.join(_DECADES)}))\b"
_YEARS: Final = re.compile(rf"(?:\b(?:from|between) )?{_PERIOD} ?(?:-|–|to|and|or|until|till) ?{_PERIOD}")
_BEFORE: Final = re.compile(rf"\b(before|older than|earlier than|pre|until|till|up to)[ -]{_PERIOD}")
_AFTER: Final = re.compile(rf"\b(after|newer than|later than|post|since)[ -]{_PERIOD}")
_ONWARDS: Final = re.compile(
    rf"\b(from) {_PERIOD} (?:on|onwards?|and (?:later|newer)|(?:to|until|till) (?:now|today))\b"
)
_DURING: Final = re.compile(rf"(?:\b(?:from|of|in|released in|year) )?{_PERIOD}")
#: Words before a year that count it in.
_INCLUSIVE: Final = frozenset({"until", "till", "up to", "since", "from"})

_KEY: Final = re.compile(
    r"(\b(?:in|key of) (?:the key of )?)?\b([a-g])(?: ?(#|♯|sharp)| ?(b|♭|flat))?[ -]?(major|minor|maj|min)\b(?! key)"
)
_MODE: Final = re.compile(r"\b(?:in )?(?:a )?(major|minor)(?: keys?| mode)?\b")
#: What comes right before words that are refused, and how far back to look for it.
_REFUSED: Final = re.compile(rf"\b(?:{'|'.join(sorted(NEGATIONS))}) $")
_BACK: Final = 12

Span = tuple[float, float]
#: Places in a text: first, and behind the last.
Place = tuple[int, int]
Facet = Literal["bpm", "years", "keys"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the text demands: tempo in BPM, years, and keys by their number; None where it demands nothing.

    `refused`: those that a track must not meet ("not from the 80s").
    """

    bpm: Span | None = None
    years: Span | None = None
    keys: frozenset[int] | None = None
    bpm_words: str = ""
    years_words: str = ""
    key_words: str = ""
    refused: frozenset[Facet] = frozenset()

    def __bool__(self) -> bool:
        return self.bpm is not None or self.years is not None or self.keys is not None


class _Text:
    """A text from which what is read is blanked out, so that all else keeps its place."""

    def __init__(self, text: str, kept: Sequence[Place]) -> None:
        self.rest = text
        self.refused: set[Facet] = set()
        self._kept = kept

    def free(self, pattern: re.Pattern[str]) -> Iterable[re.Match[str]]:
        """Yield the matches that touch nothing that is kept."""
        for found in pattern.finditer(self.rest):
            if not any(found.start() < last and first < found.end() for first, last in self._kept):
                yield found

    def take(self, facet: Facet, found: re.Match[str]) -> str:
        """Blank out a match and return its words; note whether they are refused."""
        first, last = found.span()
        refusal = _REFUSED.search(self.rest[max(0, first - _BACK) : first])
        if refusal:
            self.refused.add(facet)
        self.rest = f"{self.rest[:first]}{' ' * (last - first)}{self.rest[last:]}"
        return (refusal.group() if refusal else "") + found.group().strip()


def read_limits(text: str, kept: Sequence[Place] = ()) -> tuple[Limits, str]:
    """Return the limits in a folded text with single spaces, and the text without them; `kept` is left alone."""
    source = _Text(text, kept)
    tempi = ((_RANGE, _range), (_FASTER, _faster), (_SLOWER, _slower), (_AT, _at), (_TEMPO, _at))
    bpm, bpm_words = _first(source, "bpm", tempi)
    eras = ((_YEARS, _years), (_BEFORE, _before), (_AFTER, _after), (_ONWARDS, _after), (_DURING, _during))
    years, years_words = _first(source, "years", eras)
    keys, key_words = _keys(source)
    return Limits(bpm, years, keys, bpm_words, years_words, key_words, frozenset(source.refused)), source.rest


def _first(
    source: _Text, facet: Facet, patterns: Iterable[tuple[re.Pattern[str], Callable[[re.Match[str]], Span]]]
) -> tuple[Span | None, str]:
    for pattern, span_of in patterns:
        for found in source.free(pattern):
            return span_of(found), source.take(facet, found)
    return None, ""


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


def _years(found: re.Match[str]) -> Span:
    spans = (_span(found[1]), _span(found[2]))
    return min(first for first, _ in spans), max(last for _, last in spans)


def _before(found: re.Match[str]) -> Span:
    first, last = _span(found[2])
    return FIRST_YEAR, last if found[1] in _INCLUSIVE else first - 1


def _after(found: re.Match[str]) -> Span:
    first, last = _span(found[2])
    return first if found[1] in _INCLUSIVE else last + 1, LAST_YEAR


def _during(found: re.Match[str]) -> Span:
    return _span(found[1])


def _span(period: str) -> Span:
    """Return the first and the last year of a period such as `1994`, `80s`, `late nineties`."""
    part = next((part for part in _PARTS if period.startswith(part)), "")
    name = period.removeprefix(part).strip(" -")
    if name not in _DECADES and not name.endswith("0s"):
        year = int(name.removesuffix("s"))
        return year, year
    decade = _DECADES.get(name) or int(name.removesuffix("s"))
    if decade < 100:
        decade += 2000 if decade in {0, 10, 20} else 1900
    first, last = _PARTS.get(part, (0, 9))
    return decade + first, decade + last


def _keys(source: _Text) -> tuple[frozenset[int] | None, str]:
    for found in source.free(_KEY):
        if not found[1] and found[2] == "a" and not (found[3] or found[4]):
            continue  # the article
        pitch = PITCHES.index(found[2].upper()) + (1 if found[3] else -1 if found[4] else 0)
        return frozenset({pitch % 12 + (12 if found[5].startswith("min") else 0)}), source.take("keys", found)
    for found in source.free(_MODE):
        keys = frozenset(number for number, name in enumerate(KEYS) if name.endswith(found[1]))
        return keys, source.take("keys", found)
    return None, ""
