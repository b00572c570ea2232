"""An empty database with Navidrome's tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path


def create_database(path: Path) -> None:
    """Create the SQLite file `path` (WAL mode) with Navidrome's tables, all empty.

    Raises:
        sqlite3.OperationalError: the tables exist already, or the folder cannot be written.
    """
    script = files("demo").joinpath("schema.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(script)
