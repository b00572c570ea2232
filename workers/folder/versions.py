"""The versions of the data folder, as a list: entry n - 1 is version n, and how a folder of the one before becomes it.

Whatever changes the format of something in the folder adds an entry, a new migration of `state.db` too: so a copy of
`state.db` is kept before anything is changed, and an older release refuses the folder. It also adds a fixture, see
`tests/data/make_data_folder.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final


def nothing_outside(_data: Path) -> None:
    """A version that changes `state.db` alone: its own migrations do that when the library worker opens it."""


@dataclass(frozen=True, slots=True)
class Version:
    """`state_schema`: the version of `state.db`'s schema that belongs to it.

    `bring` changes what the folder holds beside `state.db`. No other process uses the folder meanwhile. It may have
    been killed anywhere before, or run on a folder of which only a part is of the older version (a restored backup), or
    lack any file: it does what is left to do. After its `OSError` or `sqlite3.Error` it is tried again.
    """

    state_schema: int
    bring: Callable[[Path], None] = nothing_outside


VERSIONS: tuple[Version, ...] = (
    Version(state_schema=3),
    Version(state_schema=4),  # jobs have a kind
)
#: The version of a folder that says nothing: releases wrote no version at first.
UNWRITTEN: Final = 1


def newest() -> int:
    """The version that this release writes, and the highest that it knows."""
    return len(VERSIONS)
