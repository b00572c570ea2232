"""The versions of the data folder: entry n - 1 is version n and upgrades a folder from the version before.

Every change of format in the folder adds an entry, including a new migration of `state.db`: then a copy of `state.db`
is kept before the upgrade, and older releases refuse the folder. It also adds a fixture, see
`tests/data/make_data_folder.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final


def nothing_outside(_data: Path) -> None:
    """Do nothing: the version only changes `state.db`, whose own migrations run when the library worker opens it."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the folder. `state_schema`: the schema version of its `state.db`.

    `bring` upgrades everything in the folder except `state.db`. No other process uses the folder meanwhile. An earlier
    run may have been killed at any point, only a part of the folder may be older (a restored backup), and any file may
    be absent: `bring` does what is left to do. After an `OSError` or `sqlite3.Error`, it is tried again.
    """

    state_schema: int
    bring: Callable[[Path], None] = nothing_outside


VERSIONS: tuple[Version, ...] = (
    Version(state_schema=3),
    Version(state_schema=4),  # jobs have a kind
    Version(state_schema=5),  # labels and facts of the sound
)
#: The version of a folder without a version file: early releases did not write one.
UNWRITTEN: Final = 1


def newest() -> int:
    """Returns the version that this release writes, which is the highest that it supports."""
    return len(VERSIONS)
