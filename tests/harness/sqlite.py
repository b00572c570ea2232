"""Writing to a database that a worker in the same process reads."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

#: Seconds that a write is tried again.
PATIENCE_S = 20.0


def write(database: Path | str, work: Callable[[sqlite3.Connection], object]) -> None:
    """Run `work` on a connection and commit.

    The connections of one process share the index of the write-ahead log. While a worker of this process has it open
    for reading only, a write is refused as "readonly"; Navidrome, a process of its own, never sees that. So try again.
    """
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
                work(connection)
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def execute(database: Path | str, statement: str, values: Sequence[object] = ()) -> None:
    """Run one statement and commit."""
    write(database, lambda connection: connection.execute(statement, values))
