"""Validates the values in Navidrome's rows: a value that makes no sense is noted and replaced by a default.

SQLite accepts any type of value in any column, and tools, migrations and crashes leave odd ones behind.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from workers.library.navidrome.times import parse_time

#: Longest plausible track, in seconds: 115 days. More means a broken header or another unit.
LONGEST_SECONDS: Final = 1e7
#: Largest integer that SQLite and msgpack can hold.
LARGEST: Final = 2**63 - 1
#: Longest id that the store accepts, in characters; Navidrome's own have 22 to 36.
LONGEST_ID: Final = 512
#: Prefix of notices.
ORIGIN: Final = "navidrome.db"
#: How many characters of a value a notice shows.
SHOWN: Final = 40

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Invalid:
    count: int
    value: str
    row: str


class InvalidValues:
    """Collects values that make no sense: a count and one example per column."""

    def __init__(self) -> None:
        self._found: dict[str, _Invalid] = {}

    def note(self, column: str, value: object, row: object) -> None:
        """Note a value. `column` is `table.name`; `row` is the id of the row."""
        noted = self._found.get(column)
        if noted is None:
            self._found[column] = _Invalid(1, _brief(value), _brief(row))
        else:
            noted.count += 1

    @property
    def columns(self) -> list[str]:
        return list(self._found)

    def notice(self, column: str) -> str:
        """Return the notice for a column."""
        invalid = self._found[column]
        values = "1 value" if invalid.count == 1 else f"{invalid.count} values"
        instead = "such rows are left out" if column.endswith(".id") else "the default is used instead"
        return f"{ORIGIN}: {values} of {column} make no sense ({invalid.value} in row {invalid.row}): {instead}"

    def notices(self) -> tuple[str, ...]:
        """Return one sentence per column."""
        return tuple(map(self.notice, self._found))


class NoticeLog:
    """Logs the notice of each column once, however often the column is read."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, invalid: InvalidValues) -> None:
        for column in invalid.columns:
            if column not in self._told:
                self._told.add(column)
                log.warning("%s", invalid.notice(column))


class RowReader:
    """Reads the values of one row. Notices name `table` and `key`, the id of the row."""

    __slots__ = ("_invalid", "_key", "_table")

    def __init__(self, invalid: InvalidValues, table: str, key: object) -> None:
        self._invalid = invalid
        self._table = table
        self._key = key

    def text(self, name: str, value: object) -> str:
        """Return text without broken characters; "" for None."""
        if value.__class__ is str:
            return str(value)
        if value is None:
            return ""
        if isinstance(value, bytes):
            try:
                return value.decode()
            except UnicodeDecodeError:
                self.note(name, value)
                return value.decode("utf-8", "replace")
        return str(value)

    def identifier(self, name: str, value: object) -> str:
        """Return an id; "" for None and for values that are too long."""
        text = self.text(name, value)
        if len(text) > LONGEST_ID:
            self.note(name, value)
            return ""
        return text

    def path(self, value: object) -> str:
        """Return a path byte for byte, with bytes that are not UTF-8 as surrogate escapes."""
        return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else self.text("path", value)

    def number(self, name: str, value: object, most: float = LARGEST) -> float:
        """Return a finite number from 0 to `most`; 0 for other values."""
        number = _number(value)
        if number is None or not 0 <= number <= most:
            self.note(name, value)
            return 0.0
        return number

    def whole(self, name: str, value: object, default: int = 0, least: int = 0, most: int = LARGEST) -> int:
        """Return an integer from `least` to `most`; `default` for other values."""
        if value is None:
            return default
        number = value if value.__class__ is int else _number(value)
        if not isinstance(number, int | float) or not math.isfinite(number) or not least <= int(number) <= most:
            self.note(name, value)
            return default
        return int(number)

    def time(self, name: str, value: object) -> datetime | None:
        """Return a time; None for empty and invalid values and for the zero times of Go and SQLite."""
        seconds = parse_time(value)
        if seconds is None and value and not (isinstance(value, str) and value.startswith("000")):
            self.note(name, value)
        return seconds

    def note(self, name: str, value: object) -> None:
        self._invalid.note(f"{self._table}.{name}", value, self._key)


def clean(text: str) -> str:
    """Return text that can be sent: lone surrogates, which JSON can hold, are replaced."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _number(value: object) -> float | None:
    """Parse a finite number, which may be text; 0 for an empty value, None if it is not a number."""
    if value is None or value == "":
        return 0.0
    if not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _brief(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
