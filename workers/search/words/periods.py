"""How a sentence about tracks names the years that a text asks for."""

from __future__ import annotations

import re
from typing import Final

from workers.search.words.limits import Limits

#: What may precede years without saying more than that tracks are from them.
_FROM: Final = re.compile(r"^(?:released in|year|from|of|in) (?!.* (?:on|onwards?|and later|and newer|now|today)$)")
#: Years alone: a number, a decade, or a part of one.
_ALONE: Final = re.compile(r"^(?:the |early|mid|late|\d|\w+ties\b)")
#: Decades, which take an article.
_DECADE: Final = re.compile(r"^(?!the ).*s$")


def in_words(limits: Limits) -> str:
    """Return what tracks of these years are, such as "from 1994", "from the 80s" or "before the 60s"."""
    words = limits.years_words
    if "years" in limits.refused:
        return words
    said = _FROM.sub("", words)
    if said == words and not _ALONE.match(words):
        return words
    return f"from {'the ' if _DECADE.match(said) else ''}{said}"
