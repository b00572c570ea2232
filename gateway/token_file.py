"""The token in a file: a secret of Docker, Podman or systemd, or one that the mesh made at its first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import field_validator

from contract.settings import MeshSettings, SettingsError, expanded, home, load_settings, setting

VARIABLE: Final = "SONICMESH_TOKEN_FILE"
#: Random bytes of a token that the mesh makes.
TOKEN_BYTES: Final = 24


class TokenFileSettings(MeshSettings):
    """Where the token is, if it is not in `SONICMESH_TOKEN`."""

    token_file: Path | None = setting(
        VARIABLE, None, "file that holds the token; `sonicmesh serve` makes it if it does not exist"
    )

    @field_validator("token_file")
    @classmethod
    def _token_file_below_home(cls, path: Path | None) -> Path | None:
        return None if path is None else _absolute(path)


def read_token(path: Path) -> str:
    """Return the token in the file, without the line's end. Raises `SettingsError`."""
    try:
        return _absolute(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{VARIABLE}={path}: the token cannot be read from there ({error})") from None


def make_token() -> tuple[str, Path] | None:
    """Write a new token to the file of the settings if it does not exist; return the token and the file.

    Raises `SettingsError` if the file cannot be written.
    """
    path = load_settings(TokenFileSettings).token_file
    if path is None or path.exists():
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{token}\n")
    except OSError as error:
        raise SettingsError(f"{VARIABLE}={path}: cannot be written ({error.strerror})") from None
    return token, path


def _absolute(path: Path) -> Path:
    path = expanded(path)
    return path if path.is_absolute() else home() / path
