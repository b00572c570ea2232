"""Makes a backup."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

from contract.errors import Conflict, NotFound
from contract.settings import home
from contract.settings_file import settings_files
from workers.folder.versions import newest
from workers.library.backup import checkpoints, environment, graphs, state, waiting
from workers.library.backup.archive import ArchiveWriter, writing
from workers.library.backup.manifest import SCALE, SETTINGS, STATE, UPLOADS, BackupModel, Manifest
from workers.search.settings import SearchSettings
from workers.search.store.pages import Checksum
from workers.search.store.transfer import GenerationInfo, GenerationSource

#: How often to try: a job may put new vectors into service during a backup.
ATTEMPTS: Final = 3


class BackupSteps(Protocol):
    """Receives the steps of a backup."""

    def step(self, text: str, total: int) -> Callable[[int], None]:
        """Begin a step; return the function that advances it. That function may raise to end the backup."""


def save(
    settings: SearchSettings,
    path: Path,
    steps: BackupSteps,
    source_in_use: Callable[[], AbstractContextManager[GenerationSource]],
    *,
    force: bool,
    with_secrets: bool,
) -> Manifest:
    """Write the backup `path` and return its manifest.

    Copies `uploads.db` first, then `state.db`, then the vectors. Jobs move waiting vectors to the store and then update
    the ledger, so this order loses nothing, and the next job takes over vectors that the ledger does not know. In the
    reverse order the ledger would name vectors that are missing.

    Raises `Conflict`, `StoreUnavailable`, `NotFound` if there is nothing to save.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with source_in_use() as source, writing(path, force=force) as writer:
                return _save(settings, source, writer, steps, with_secrets=with_secrets)
        except GenerationChanged:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("not reached")


class GenerationChanged(Conflict):
    """New vectors went into service while the backup read the old ones."""

    def __init__(self) -> None:
        super().__init__(
            "jobs put new vectors into service while the backup was being made: try again when no job is running"
        )


def _save(
    settings: SearchSettings, source: GenerationSource, writer: ArchiveWriter, steps: BackupSteps, *, with_secrets: bool
) -> Manifest:
    in_service = source.in_service()
    if not in_service and not (settings.data / STATE).exists():
        raise NotFound(f"there is nothing to save in {settings.data}: no vectors and no state.db")
    began = time.time()
    uploads = _add_uploads(settings.data / UPLOADS, writer)
    tables = _add_state(settings.data / STATE, writer)
    models = tuple(_add_model(source, info, writer, steps) for info in in_service)
    for info in in_service:
        graphs.add(settings, info, writer)
    if _generations(source.in_service()) != _generations(in_service):
        raise GenerationChanged
    if (settings.data / SCALE).exists():
        writer.add_file(SCALE, settings.data / SCALE)
    for name, path in checkpoints.find(settings.checkpoints).items():
        writer.add_file(name, path, compress=path.suffix != ".pt")  # weights do not compress
    _add_settings(writer, with_secrets=with_secrets)
    kind = "server" if "://" in settings.uri else "embedded"
    manifest = Manifest(began, kind, models, tables, writer.members, with_secrets, uploads, newest())
    writer.finish(manifest)
    return manifest


def _generations(in_service: list[GenerationInfo]) -> dict[str, str]:
    return {info.model: info.generation for info in in_service}


def _add_state(path: Path, writer: ArchiveWriter) -> dict[str, int]:
    if not path.exists():
        return {}
    copy = writer.scratch / STATE
    tables = state.snapshot(path, copy)
    writer.add_file(STATE, copy)
    copy.unlink()
    return tables


def _add_uploads(path: Path, writer: ArchiveWriter) -> int:
    """Add `uploads.db`; return how many vectors wait in it."""
    if not path.exists():
        return 0
    copy = writer.scratch / UPLOADS
    count = waiting.snapshot(path, copy)
    if count:
        writer.add_file(UPLOADS, copy)
    copy.unlink()
    return count


def _add_model(
    source: GenerationSource, info: GenerationInfo, writer: ArchiveWriter, steps: BackupSteps
) -> BackupModel:
    """Add the rows that existed at the start, minus those deleted since, plus some of those added since."""
    carried = steps.step(f"{info.model} vectors", info.count)
    checksum, number = Checksum(), 0
    try:
        for page in source.pages(info):
            if page.rows:
                writer.add_page(info.model, number, page)
                checksum.add(page.rows, page.vectors)
                number += 1
            carried(len(page.rows))
    except NotFound:
        raise GenerationChanged from None
    written = GenerationInfo(**{**info.to_wire(), "count": checksum.count})
    return BackupModel(written, checksum.hex(), number)


def _add_settings(writer: ArchiveWriter, *, with_secrets: bool) -> None:
    """Add what the first run chose, then `.env`: of two values, the later one counts."""
    text = "".join(f"{path.read_text(encoding='utf-8').rstrip()}\n" for path in settings_files(home()))
    if not text:
        return
    if not with_secrets:
        text, _ = environment.without_secrets(text)
    writer.add(SETTINGS, text.encode())


def written(path: Path, manifest: Manifest) -> dict[str, Any]:
    """Return a document about the backup `path`."""
    return {"file": str(path), "bytes": path.stat().st_size, **describe(manifest)}


def describe(manifest: Manifest) -> dict[str, Any]:
    """Return a document about the contents of a backup."""
    return {
        "created_at": manifest.created_at,
        "models": {
            m.info.model: {
                "count": m.info.count,
                "dimension": m.info.dimension,
                "generation": m.info.generation,
                "checksum": m.checksum,
            }
            for m in manifest.models
        },
        "tables": dict(manifest.tables),
        "uploads": manifest.waiting,
        "text": checkpoints.trained_in(manifest.members),
        "secrets": manifest.secrets,
    }
