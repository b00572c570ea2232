"""Small things that every part of the database is written with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]


def stamp(moment: datetime) -> str:
    """A time as Navidrome writes it."""
    return moment.isoformat(sep=" ", timespec="milliseconds")


def as_json(value: Any) -> str:
    """Compact JSON, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    """Add rows that all have the same columns."""
    if rows:
        names = list(rows[0])
        marks = ", ".join(f":{name}" for name in names)
        connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
