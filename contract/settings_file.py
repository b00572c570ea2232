"""`settings.env` in the data folder: what the first run chose. The environment and `.env` win over it.

The image's root is read-only, so `.env` may not be writable; the data folder always is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from contract.errors import Forbidden, InvalidRequest
from contract.private import FILE_MODE, private_folder
from contract.text import has_control

NAME: Final = "settings.env"
DATA: Final = "SONICMESH_DATA"
HEAD: Final = "# Chosen in the first run (the page at /, or `sonicmesh setup`). The environment and .env win over it.\n"


def settings_files(home: Path) -> tuple[Path, ...]:
    """Returns the files with settings below `home`, the one that wins last; leaves out those that are not there.

    Raises `UnicodeDecodeError` if `.env` is no text.
    """
    own = home / ".env"
    return tuple(path for path in (data_folder(home) / NAME, own) if os.access(path, os.R_OK))


def data_folder(home: Path) -> Path:
    """Returns the data folder as the environment and `.env` name it: its own file cannot move it."""
    named = os.environ.get(DATA) or values(home / ".env").get(DATA) or "data"
    return home / Path(named).expanduser()


def values(path: Path) -> dict[str, str]:
    """Returns the settings in a file by variable, without empty ones; none if it cannot be read."""
    if not os.access(path, os.R_OK):
        return {}
    found = dotenv_values(path, encoding="utf-8")
    return {name.upper(): value for name, value in found.items() if value}


def origin(home: Path, *variables: str) -> str:
    """Returns where the first of these variables is set: `environment`, `file` (`.env`), `setup`, or `default`."""
    places = (
        ("environment", {name.upper() for name, value in os.environ.items() if value}),
        ("file", values(home / ".env")),
        ("setup", values(data_folder(home) / NAME)),
    )
    return next((place for place, known in places if any(name in known for name in variables)), "default")


def write_settings(data: Path, chosen: Mapping[str, str]) -> Path:
    """Write the file in one step, readable by this user only. An empty value leaves its variable out.

    Raises `InvalidRequest` for a value that no line can hold, `Forbidden` if the folder cannot be written.
    """
    lines = [f"{variable}='{_quoted(variable, value)}'\n" for variable, value in chosen.items() if value]
    path = data / NAME
    part = path.with_suffix(f".{os.getpid()}")
    try:
        private_folder(data)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE), "w") as file:
            file.write("".join([HEAD, *lines]))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise Forbidden(f"{path} cannot be written ({error.strerror}): let this user write the data folder") from None
    finally:
        _remove(part)
    return path


def _remove(part: Path) -> None:
    try:
        part.unlink()
    except OSError:
        return


def _quoted(variable: str, value: str) -> str:
    if has_control(value) or "${" in value or not _is_text(value):
        raise InvalidRequest(f"{variable}: line breaks, tabs, ${{...}} and bytes that are no text cannot be written")
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
