"""Reduces text to words as people type them: without accents, case or punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"\w+")
#: Letters that Unicode does not decompose.
_LETTERS: Final = str.maketrans(
    {"ð": "d", "þ": "th", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ŋ": "n", "ß": "ss"}
)


def fold(text: str) -> str:
    """Return the words in lower case without accents, joined by spaces: `Sóley Vík: Þögn` -> `soley vik thogn`."""
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(plain.replace("'", "").replace("’", "")))
