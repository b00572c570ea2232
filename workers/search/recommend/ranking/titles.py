"""Reduces titles and credits to their core, without spelling variants, numbers, guests and version names.

Version words are known in some languages. In others only the sound can tell.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: Number of titles and artists whose plain form is cached.
CACHE: Final = 100_000

#: Words for the same performance in another form, or for another performance that still counts as the same song.
PERFORMANCE_WORDS: Final = (
    # English
    "live|remaster|remasters|remastered|remastering|edit|edited|version|demo|acoustic|unplugged|mono|stereo|"
    "instrumental|radio|single|album|extended|session|sessions|bonus|deluxe|anniversary|rerecorded|re-recorded|"
    # live in other languages
    "en vivo|en directo|en concierto|ao vivo|dal vivo|dal concerto|in concerto|en concert|en public|en live|"
    "konzert|livemitschnitt|livemitschnitte|i koncert|på liv|livenä|keikalta|na żywo|naživo|élőben|canlı|"
    "концерт|концертная|живое|живой|вживую|"
    # remastered, acoustic, versions in other languages
    "gemastert|remastert|remasterisé|remastérisé|remasterisée|remastérisée|remasterizado|remasterizada|"
    "remasterizzato|remasterizzata|rimasterizzato|rimasterizzata|remastrad|remasteroitu|remasterowane|ремастер|"
    "ремастированный|akustik|akustisch|acoustique|acústico|acústica|acustico|acustica|akustisk|akustinen|"
    "versione|versión|versão|fassung|versio|wersja|версия|maqueta|mezcla original"
)
#: The same for scripts that put no spaces between words.
UNSPACED_WORDS: Final = "ライブ|ライヴ|リマスター|バージョン|アコースティック|现场|現場|重制|라이브|리마스터|어쿠스틱"
#: Words for versions that may be quite different music: the sound must agree.
REWORK_WORDS: Final = "remix|remixed|remezcla|mix|reprise|rework|cover|karaoke"

_ANY: Final = rf"(?:\b(?:{PERFORMANCE_WORDS}|{REWORK_WORDS})\b|{UNSPACED_WORDS})"
_REWORK: Final = re.compile(rf"\b(?:{REWORK_WORDS})\b")
#: A numbered take stays distinct: it is another performance.
_TAKE: Final = re.compile(r"\b(?:take|takes|alternate|alternative|outtake)\b")
_BRACKETED: Final = re.compile(rf"\s*[(\[][^()\[\]]*{_ANY}[^()\[\]]*[)\]]")
_DASHED: Final = re.compile(rf"\s+[-–—]\s+[^-–—]*{_ANY}[^-–—]*$")
_GUESTS: Final = re.compile(
    r"\s*[(\[]\s*(?:feat|ft|featuring|with)\b[^()\[\]]*[)\]]|\s+(?:feat|ft|featuring)\b\.?\s.*$"
)
#: Navidrome joins several artists this way; others write guests into the credit.
_FURTHER: Final = re.compile(r"\s+(?:•|feat\b|ft\b|featuring\b).*$|\s*;.*$")
#: A title without any of these characters has neither guests nor a version; most titles have none.
_MARKS: Final = re.compile(r"[(\[\-–—]|\b(?:feat|ft|featuring)\b")
_NUMBERED: Final = re.compile(r"^\d{1,3}(?:\s*[.\-–)_:]\s*|\s+)(?=\D)")
_NO_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_QUOTES: Final = str.maketrans("‘’‚‛`´“”„‟«»", "''''''\"\"\"\"\"\"")


@lru_cache(maxsize=CACHE)
def plain(text: str) -> str:
    """Normalise letter case, quotes, character encodings and spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold().split())


@lru_cache(maxsize=CACHE)
def base_title(title: str) -> str:
    """Returns the title without guests and version markers; a title that consists only of these stays as it is."""
    whole = plain(title)
    if not _MARKS.search(whole):
        return whole
    base = _GUESTS.sub("", whole)
    if not _TAKE.search(base):
        base = _DASHED.sub("", _BRACKETED.sub("", base))
    return base.strip() or whole


@lru_cache(maxsize=CACHE)
def bare_title(title: str) -> str:
    """Returns the base title as careless tags write it: also without leading number, accents and punctuation."""
    base = base_title(title)
    return _letters(_NUMBERED.sub("", base)) or base


@lru_cache(maxsize=CACHE)
def is_performance(title: str) -> bool:
    """Returns whether a title marks another recording of a song: live, remastered, an edit."""
    if base_title(title) == plain(title):
        return False
    whole = _GUESTS.sub("", plain(title))
    return base_title(title) != whole.strip() and not _REWORK.search(whole)


@lru_cache(maxsize=CACHE)
def main_artist(artist: str) -> str:
    """The first artist of a credit, without guests, "The" and punctuation."""
    first = _FURTHER.sub("", plain(artist))
    letters = _letters(first)
    return letters.removeprefix("the ") or letters or plain(artist)


def _letters(text: str) -> str:
    """Letters and digits without accents, with single spaces between words."""
    if text.isascii():
        return " ".join(_NO_LETTERS.sub(" ", text.replace("'", "")).split())
    decomposed = unicodedata.normalize("NFKD", text)
    letters = (c if c.isalnum() else "" if unicodedata.combining(c) or c == "'" else " " for c in decomposed)
    return " ".join("".join(letters).split())
