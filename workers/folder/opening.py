"""Opens the data folder: reads its version, upgrades an older one, refuses a newer one."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path
from typing import Final

from contract.errors import Conflict, StoreUnavailable
from contract.private import KEYS, private_folder
from contract.release import release
from workers.folder import lock, version_file, versions
from workers.folder.copying import keep_state, kept_name
from workers.folder.lock import FolderLock, no_library_worker
from workers.folder.version_file import FolderVersion, read_version, write_version
from workers.folder.versions import UNWRITTEN, newest

#: Seconds to wait for other processes that use or upgrade the folder.
PATIENCE_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.02
#: Files that a folder may contain and still count as empty.
EMPTY: Final = frozenset({lock.NAME, lock.STATE_LOCK, f"{version_file.NAME}.part"})

log = logging.getLogger(__name__)


class NewerFolder(Conflict):
    """A newer release wrote the folder or has begun to upgrade it."""


class FolderInUse(Conflict):
    """The folder needs an upgrade while other processes use it, or another process is upgrading it."""


class OpenFolder:
    """A data folder of this release's version, which cannot change until `close`.

    `upgraded_from`: the version before opening if it was older, else None.
    """

    def __init__(self, guard: FolderLock, upgraded_from: int | None) -> None:
        self._guard = guard
        self.upgraded_from = upgraded_from

    def close(self) -> None:
        """Release the folder. May be called more than once."""
        self._guard.close()

    def __enter__(self) -> OpenFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def look_at(data: Path) -> FolderVersion:
    """Returns the folder's version without changing anything; for an empty folder, this release's version.

    Raises `NewerFolder`, `BadVersionFile`, `StoreUnavailable`.
    """
    version = read_version(data)
    if version is not None:
        _refuse_newer(data, version)
        return version
    return FolderVersion(newest() if _is_empty(data) else UNWRITTEN, "")


def open_folder(data: Path) -> OpenFolder:
    """Open the folder: create it if it does not exist, and upgrade it first if it is older (the first process does).

    Raises `NewerFolder`, `BadVersionFile`, `FolderInUse`, `Forbidden`, `Conflict` while a library worker of an older
    release runs, and `StoreUnavailable` if files cannot be read or written now.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    guard: FolderLock | None = None
    try:
        private_folder(data)
        guard = FolderLock(data)
        return _open(data, guard, until)
    except BaseException as error:
        if guard is not None:
            guard.close()
        if isinstance(error, OSError):
            message = f"{data} cannot be opened: {error.strerror or error}"
            raise StoreUnavailable(message, {"path": str(data)}) from error
        raise


def _open(data: Path, guard: FolderLock, until: float) -> OpenFolder:
    upgraded_from: int | None = None
    while True:
        if _is_current(data):
            if guard.share() and _is_current(data):
                return OpenFolder(guard, upgraded_from)
        elif guard.alone():
            upgraded_from = _bring_up_to_date(data)
            continue
        if time.monotonic() > until:
            raise _in_use(data)
        time.sleep(POLL_SECONDS)


def _is_current(data: Path) -> bool:
    version = read_version(data)
    if version is None:
        return False
    _refuse_newer(data, version)
    return version.needed == version.version == newest()


def _bring_up_to_date(data: Path) -> int | None:
    """Upgrade the folder, which this process holds alone. Returns its old version, or None if it was not older."""
    version = look_at(data)
    try:
        if version.version == newest():
            write_version(data, newest())
            return None
        with no_library_worker(data):
            _take_steps(data, version)
    except (OSError, sqlite3.Error) as error:
        message = f"{data} cannot be upgraded to version {newest()}: {error}"
        raise StoreUnavailable(message, {"path": str(data)}) from error
    return version.version


def _take_steps(data: Path, found: FolderVersion) -> None:
    """Take one step per version. A resumed upgrade keeps the copy of `state.db` from before it began."""
    target = newest()
    log.info("upgrading %s from version %d to version %d", data, found.version, target)
    if found.upgrading_to is None:
        keep_state(data, found.version)
        write_version(data, found.version, target)
    for version in range(found.version + 1, target + 1):
        versions.VERSIONS[version - 1].bring(data)
        write_version(data, version, target if version < target else None)
    log.info("upgraded %s to version %d", data, target)


def _is_empty(data: Path) -> bool:
    try:
        return all(entry.name in EMPTY or entry.name.startswith(KEYS) for entry in data.iterdir())
    except FileNotFoundError:
        return True
    except OSError as error:
        raise StoreUnavailable(f"{data} cannot be read: {error.strerror or error}", {"path": str(data)}) from error


def _refuse_newer(data: Path, found: FolderVersion) -> None:
    """Raises `NewerFolder`."""
    if found.needed <= newest():
        return
    has = f"has version {found.version}"
    if found.version < found.needed:
        has = f"is being upgraded from version {found.version} to {found.needed}"
    copies = (kept_name(version) for version in range(newest(), 0, -1))
    copy_note = next((f" ({name} in it is state.db as it was)" for name in copies if (data / name).exists()), "")
    raise NewerFolder(
        f"{data} {has}, by Sonic Mesh {found.written_by}; this is {release()}, which supports up to "
        f"{newest()}: upgrade Sonic Mesh, or move the folder away and restore an older backup{copy_note}",
        {"path": str(data), "version": found.needed, "known": newest()},
    )


def _in_use(data: Path) -> FolderInUse:
    version = read_version(data)
    if version is not None and version.upgrading_to is not None:
        return FolderInUse(
            f"another process is upgrading {data} to version {version.upgrading_to}: wait until it is done"
        )
    return FolderInUse(
        f"processes of an older release use {data}: stop the mesh with `sonicmesh stop`, then start it again"
    )


def step_back(data: Path, version: int) -> None:
    """Mark the open folder as older, because older files were put into it: the next process to open it upgrades them.

    Raises `OSError`.
    """
    if version < newest():
        write_version(data, version)
