"""Opens the databases of the library worker, both or none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from contract.errors import StoreUnavailable
from workers.library.state.database import State, StateUnavailable
from workers.library.uploads.waiting import Waiting


def open_databases(folder: Path) -> tuple[State, Waiting]:
    """`state.db` and `uploads.db` in `folder`. Raises `StoreUnavailable`, `Conflict`."""
    try:
        state = State(folder)
    except StateUnavailable:
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreUnavailable(f"{folder}/state.db cannot be opened: {error}") from error
    try:
        return state, Waiting(folder)
    except StoreUnavailable:
        state.close()  # the next try opens it again
        raise
