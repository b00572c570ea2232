"""Makes a backup in the command itself, whether the mesh runs or not."""

from __future__ import annotations

from pathlib import Path

from cli.backup.progress import Bars
from cli.backup.source import source_in_use
from workers.library.backup import save as making
from workers.library.backup.manifest import Manifest
from workers.search.settings import SearchSettings


def save(settings: SearchSettings, path: Path, bars: Bars, *, force: bool, with_secrets: bool) -> Manifest:
    """Write the backup `path` and return its manifest. Raises the errors of `workers.library.backup.save.save`."""
    return making.save(settings, path, bars, lambda: source_in_use(settings), force=force, with_secrets=with_secrets)
