"""Data folders to open: those of earlier releases, from `tests/data`, and made ones."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from tests.harness.places import DATA


def fixture(version: int) -> Path:
    """The archive of a folder of that version."""
    return DATA / f"data_folder_v{version}.tar.xz"


def unpack(version: int, folder: Path) -> dict[str, Any]:
    """Put `data` and `navidrome.db` into `folder`. Returns the answers of the mesh that left them."""
    with tarfile.open(fixture(version)) as archive:
        archive.extractall(folder, filter="data")
    answers: dict[str, Any] = orjson.loads((folder / "answers.json").read_bytes())
    return answers


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def write(data: Path, **version: Any) -> None:
    """The version file, as some release may have left it."""
    data.mkdir(exist_ok=True)
    (data / "version.json").write_bytes(orjson.dumps(version))


def told(data: Path) -> dict[str, Any]:
    """What the version file says."""
    value: dict[str, Any] = orjson.loads((data / "version.json").read_bytes())
    return value
