"""Text of strangers on its way out: titles, file names, what other processes and other people say.

One function a destination. Whatever goes to a terminal, a log, a playlist file, a spreadsheet or an HTTP header passes
the one that is named after it; pages put text into the document as text (`gateway/about`), and JSON for a terminal
passes `json_text`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Categories of Unicode that are no writing: control, format (direction, zero width), surrogates, line and
#: paragraph separators.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Zero-width characters that Persian, the scripts of India and joined emoji are spelled with.
_JOINERS: Final = "\u200c\u200d"
#: How the common ones are spelled.
_SPELLED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: What a spreadsheet takes for the beginning of a formula, in full width too.
_FORMULA: Final = re.compile(r"[\s\u200b-\u200f\ufeff'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
#: What an HTTP header may hold.
_NOT_IN_HEADER: Final = re.compile(r"[^\x20-\x7e]")


def terminal(value: object) -> str:
    """One line for a terminal: what could move the cursor, start an escape sequence, turn the direction of writing or
    hide is spelled out (`\\x1b`, `\\u202e`).
    """
    text = str(value)
    if text.isprintable():
        return text
    return "".join([_spelled(text, place) if _is_unseen(text, place) else c for place, c in enumerate(text)])


def terminal_lines(value: object) -> str:
    """As `terminal`, for a text of ours that has several lines."""
    return "\n".join([terminal(line) for line in str(value).split("\n")])


def log_line(value: object) -> str:
    """One line for a log: nobody can begin another, nor reach the terminal of whoever reads it."""
    return terminal(value)


def json_text(document: str) -> str:
    """A JSON document for a terminal: what `terminal` spells out stands as `\\uXXXX`, the document means the same.

    Line feeds between its parts stay.
    """
    if document.isascii() and "\x7f" not in document:
        return document
    return "".join([_json_escape(c) if c != "\n" and _is_unseen(document, n) else c for n, c in enumerate(document)])


def playlist_text(value: object) -> str:
    """A name in an M3U file: one line, without what `terminal` would spell out."""
    text = str(value)
    kept = "".join([" " if _is_unseen(text, place) else c for place, c in enumerate(text)])
    return " ".join(kept.split())


def fits_playlist(path: str) -> bool:
    """Whether an M3U file can name this path: it has no way to write a line break in one."""
    return not any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in path)


def csv_cell(value: object) -> str:
    """A cell of a table that no spreadsheet takes for a formula; None is empty, numbers stay numbers."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    shown = terminal(text)
    return f"'{shown}" if _FORMULA.match(text) else shown


def header_value(value: object) -> str:
    """The value of an HTTP header: ASCII without control characters; others are question marks."""
    return _NOT_IN_HEADER.sub("?", str(value))


def has_control(value: str) -> bool:
    """Whether a text has characters that no name, path or address needs: control characters and line separators."""
    return not value.isprintable() and any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in value)


def _is_unseen(text: str, place: int) -> bool:
    character = text[place]
    if unicodedata.category(character) not in _UNSEEN:
        return False
    if character not in _JOINERS or not 0 < place < len(text) - 1:
        return True
    return not (_takes_joiners(text[place - 1]) and _takes_joiners(text[place + 1]))


def _takes_joiners(character: str) -> bool:
    """A visible character beyond Latin, Greek and Cyrillic: there a joiner changes what is seen."""
    return ord(character) >= 0x590 and unicodedata.category(character) not in {*_UNSEEN, "Zs"}


def _spelled(text: str, place: int) -> str:
    character = text[place]
    return _SPELLED.get(character) or character.encode("unicode_escape", "backslashreplace").decode()


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
