"""Parses the times in Navidrome's database, which are text in several formats."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?\s*(Z|UTC|[+-]\d\d:?\d\d)?(?:\s+\w+)?", re.ASCII
)


def parse_time(value: object) -> datetime | None:
    """Return the timezone-aware time (UTC without an offset), or None for empty, zero and invalid values.

    Known formats: `2026-11-21 00:23:51.388598458+00:00`, `2026-11-21T00:23:51Z`, Go's `... +0000 UTC`, unix seconds.
    """
    if isinstance(value, int | float) and value > 0:
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):  # milliseconds, infinity
            return None
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if year <= 1:  # the zero times of Go and of SQLite's column defaults
        return None
    microsecond = int((match[7] or "0")[:6].ljust(6, "0"))
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, _zone(match[8]))
    except ValueError:
        return None


def _zone(offset: str | None) -> timezone:
    if offset in {None, "Z", "UTC"}:
        return UTC
    digits = str(offset)[1:].replace(":", "")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if str(offset)[0] == "-" else delta)
