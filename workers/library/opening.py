"""Opens both databases of the library worker, or neither."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from contract.errors import StoreUnavailable
from workers.library.state.database import StateDatabase, StateUnavailable
from workers.library.uploads.waiting_vectors import WaitingVectors


def open_databases(folder: Path) -> tuple[StateDatabase, WaitingVectors]:
    """Open `state.db` and `uploads.db` in `folder`. Raises `StoreUnavailable` or `Conflict`."""
    try:
        state = StateDatabase(folder)
    except StateUnavailable:
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        raise StoreUnavailable(f"{folder}/state.db cannot be opened: {error}") from error
    try:
        return state, WaitingVectors(folder)
    except StoreUnavailable:
        state.close()  # the next try must be able to open it
        raise
