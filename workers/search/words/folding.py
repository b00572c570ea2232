"""Bring texts, tags and names to one form: without accents, case, hyphens and plurals."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: Words that end in s without being a plural.
SINGULAR: Final = frozenset({"blues", "bass", "brass", "nes", "is", "was", "this", "its", "yes", "las", "los", "des"})
#: A word, or a mark that ends a clause.
_TOKEN: Final = re.compile(r"[^\W_]+|[,;.:!?()]")
_MARK: Final = re.compile(r"[,;.:!?()]")


def fold(text: str) -> str:
    """Return the text in lower case without accents and apostrophes, and with `&` as `and`."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    return "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’`´")


def tokens(folded: str) -> list[str]:
    """Return the words of a folded text, and the marks that end a clause."""
    return _TOKEN.findall(folded)


def places_of(folded: str) -> list[tuple[int, int]]:
    """Return where each of the `tokens` begins and ends."""
    return [found.span() for found in _TOKEN.finditer(folded)]


def is_mark(token: str) -> bool:
    """Whether a token ends a clause."""
    return _MARK.fullmatch(token) is not None


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return the singular of a word."""
    if len(word) <= 3 or word in SINGULAR or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    return word.removesuffix("s")


def key(text: str) -> tuple[str, ...]:
    """Return the stems of a text's words: equal for texts that differ in case, accents, hyphens or plurals."""
    return tuple(stem(token) for token in tokens(fold(text)) if not is_mark(token))
