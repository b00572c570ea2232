"""`version.json` in the data folder: the folder's version and the release that wrote it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeGuard

import orjson

from contract.errors import Conflict, StoreUnavailable
from contract.private import new_file
from contract.release import release

NAME: Final = "version.json"
#: Largest valid file, in bytes.
MOST_BYTES: Final = 4096
MOST_VERSION: Final = 1_000_000
MOST_RELEASE: Final = 64


class BadVersionFile(Conflict):
    """The file exists but Sonic Mesh did not write it."""


@dataclass(frozen=True, slots=True)
class FolderVersion:
    """A folder's version. `upgrading_to`: an upgrade to that version has begun but not ended, its progress unknown."""

    version: int
    written_by: str
    upgrading_to: int | None = None

    @property
    def needed(self) -> int:
        """The version that a release must support to use the folder."""
        return max(self.version, self.upgrading_to or 0)


def read_version(data: Path) -> FolderVersion | None:
    """Read the file; None without one. Raises `BadVersionFile`, and `StoreUnavailable` if it cannot be read."""
    path = data / NAME
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnavailable(f"{path} cannot be read: {error.strerror or error}", {"path": str(path)}) from error
    version = _parse(content)
    if version is None:
        raise BadVersionFile(
            f"{path} was not written by Sonic Mesh: if no newer release has used this folder, remove the file and "
            "start again; else restore a backup",
            {"path": str(path)},
        )
    return version


def _parse(content: bytes) -> FolderVersion | None:
    try:
        value = orjson.loads(content) if len(content) <= MOST_BYTES else None
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    version, written_by, upgrading_to = value.get("version"), value.get("written_by"), value.get("upgrading_to")
    if not _is_version(version) or not (upgrading_to is None or _is_version(upgrading_to)):
        return None
    if not isinstance(written_by, str) or not written_by.isprintable() or len(written_by) > MOST_RELEASE:
        return None
    return FolderVersion(version, written_by, upgrading_to)


def _is_version(value: Any) -> TypeGuard[int]:
    return type(value) is int and 1 <= value <= MOST_VERSION


def write_version(data: Path, version: int, upgrading_to: int | None = None) -> None:
    """Write the file atomically, on disk on return and private to this user. Raises `OSError`."""
    value: dict[str, Any] = {"version": version, "written_by": release()}
    if upgrading_to is not None:
        value["upgrading_to"] = upgrading_to
    part = data / f"{NAME}.part"
    with new_file(part) as file:
        file.write(orjson.dumps(value))
        file.flush()
        os.fsync(file.fileno())
    part.replace(data / NAME)
    sync_folder(data)


def sync_folder(folder: Path) -> None:
    """Sync the folder, so that renames in it survive a power failure. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
