"""Escapes untrusted text on its way out: titles, file names, words of other processes and people.

One function per destination: a terminal, a log, a playlist file, a spreadsheet or an HTTP header. JSON for a terminal
passes through `json_text`; web pages insert text as text (`gateway/about`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Unicode categories of invisible characters: control, format (direction, zero width), surrogates, line and paragraph
#: separators.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Zero-width characters that Persian, Indic scripts and joined emoji need.
_JOINERS: Final = "\u200c\u200d"
#: Escapes of the common ones.
_SPELLED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
#: Matches what a spreadsheet takes for the beginning of a formula, full-width forms included.
_FORMULA: Final = re.compile(r"[\s\u200b-\u200f\ufeff'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
#: Characters that an HTTP header may not hold.
_NOT_IN_HEADER: Final = re.compile(r"[^\x20-\x7e]")


def terminal(value: object) -> str:
    """Returns one line for a terminal.

    Escapes characters (`\\x1b`, `\\u202e`) that could move the cursor, start an escape sequence, change the direction
    of writing or hide.
    """
    text = str(value)
    if text.isprintable():
        return text
    return "".join([_spelled(text, place) if _is_unseen(text, place) else c for place, c in enumerate(text)])


def terminal_lines(value: object) -> str:
    """Like `terminal`, for our own texts of several lines."""
    return "\n".join([terminal(line) for line in str(value).split("\n")])


def log_line(value: object) -> str:
    """Returns one line for a log: the text can neither begin another line nor control the reader's terminal."""
    return terminal(value)


def json_text(document: str) -> str:
    """Makes a JSON document safe for a terminal: what `terminal` escapes becomes `\\uXXXX`, with the same meaning.

    Keeps line feeds between its parts.
    """
    if document.isascii() and "\x7f" not in document:
        return document
    return "".join([_json_escape(c) if c != "\n" and _is_unseen(document, n) else c for n, c in enumerate(document)])


def playlist_text(value: object) -> str:
    """Returns a name for an M3U file: one line, without what `terminal` would escape."""
    text = str(value)
    visible = "".join([" " if _is_unseen(text, place) else c for place, c in enumerate(text)])
    return " ".join(visible.split())


def fits_playlist(path: str) -> bool:
    """Returns whether an M3U file can name this path: it cannot express a line break."""
    return not any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in path)


def csv_cell(value: object) -> str:
    """Returns a table cell that no spreadsheet takes for a formula; None becomes empty, numbers stay numbers."""
    if isinstance(value, int | float):
        return str(value)
    text = "" if value is None else str(value)
    shown = terminal(text)
    return f"'{shown}" if _FORMULA.match(text) else shown


def header_value(value: object) -> str:
    """Returns an HTTP header value: ASCII without control characters; others become question marks."""
    return _NOT_IN_HEADER.sub("?", str(value))


def has_control(value: str) -> bool:
    """Returns whether a text has characters that no name, path or address needs: controls and line separators."""
    return not value.isprintable() and any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in value)


def _is_unseen(text: str, place: int) -> bool:
    character = text[place]
    if unicodedata.category(character) not in _UNSEEN:
        return False
    if character not in _JOINERS or not 0 < place < len(text) - 1:
        return True
    return not (_takes_joiners(text[place - 1]) and _takes_joiners(text[place + 1]))


def _takes_joiners(character: str) -> bool:
    """Returns whether it is a visible character beyond Latin, Greek and Cyrillic, where a joiner changes its shape."""
    return ord(character) >= 0x590 and unicodedata.category(character) not in {*_UNSEEN, "Zs"}


def _spelled(text: str, place: int) -> str:
    character = text[place]
    return _SPELLED.get(character) or character.encode("unicode_escape", "backslashreplace").decode()


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
