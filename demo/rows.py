"""Helpers for writing every part of the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, Any]


def stamp(moment: datetime) -> str:
    """Format a time as Navidrome does."""
    return moment.isoformat(sep=" ", timespec="milliseconds")


def as_json(value: Any) -> str:
    """Return compact JSON, with non-ASCII letters unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns."""
    if rows:
        names = list(rows[0])
        marks = ", ".join(f":{name}" for name in names)
        connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
