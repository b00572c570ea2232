"""Settings shared by every process, read from the environment and from `.env` beside `supervisord.conf`.

What the first run chose stands in `settings.env` in the data folder; the other two win (`contract/settings_file.py`).
Each package adds a subclass of `MeshSettings`; `sonicmesh config` prints them all. Relative paths start at the
project's folder (`SONICMESH_HOME`), wherever a process was started.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from contract.errors import Forbidden, InvalidRequest
from contract.private import check_owner, private_folder
from contract.settings_file import settings_files
from contract.text import has_control

#: Longest path of a unix socket, in bytes (sun_path without its zero byte).
MAX_SOCKET_PATH: Final = 107
#: Leaves the choice to the mesh.
AUTO: Final = "auto"
DEVICE: Final = re.compile(r"auto|cpu|cuda(:\d+)?")
#: The longest file name in the run folder.
LONGEST_SOCKET_NAME: Final = "/events-publish.ipc"


class SettingsError(InvalidRequest):
    """A setting has a bad value; the message names the variable and what it accepts."""


def home() -> Path:
    """Returns the folder of `.env`, `supervisord.conf` and, unless set otherwise, everything that the mesh writes.

    It is `SONICMESH_HOME`, else the checkout, else (installed from a wheel) the current folder.
    """
    if named := os.environ.get("SONICMESH_HOME"):
        return Path(named)
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "supervisord.conf").exists() else Path.cwd()


def setting(variable: str, default: Any, description: str, **limits: Any) -> Any:
    """Returns a field that is read from the environment variable `variable`."""
    return Field(default, validation_alias=AliasChoices(variable), description=description, **limits)


class MeshSettings(BaseSettings):
    """Where the mesh keeps its files and how its processes find each other."""

    #: Only the class of a process's own settings is ever read, so its base classes build no validators.
    model_config = SettingsConfigDict(
        env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True, defer_build=True
    )

    data: Path = setting("SONICMESH_DATA", Path("data"), "folder of everything that must be kept")
    run: Path = setting("SONICMESH_RUN", Path("run"), "folder of sockets and process files")
    logs: Path = setting("LOG_DIR", Path("logs"), "folder of the log files")
    pids: Path = setting("PID_DIR", Path(".pids"), "folder of the pid files")
    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "SONICMESH_LOG_LEVEL", "info", "debug, info, warning or error"
    )
    broker: str = setting("SONICMESH_BROKER", "", "the broker's endpoint; empty: ipc in the run folder")
    events: str = setting("SONICMESH_EVENTS", "", "where subscribers connect; empty: ipc in the run folder")
    publish: str = setting("SONICMESH_PUBLISH", "", "where publishers connect; empty: ipc in the run folder")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings

    @model_validator(mode="before")
    @classmethod
    def _on_one_line(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Refuses control characters.

        Settings become lines of other programs' files, addresses and headers, where a line break starts a new entry.
        """
        aliases = [field.validation_alias for field in cls.model_fields.values()]
        ours = {choice for alias in aliases if isinstance(alias, AliasChoices) for choice in alias.choices}
        for variable, value in values.items():
            if variable.upper() in ours and isinstance(value, str) and has_control(value):
                message = "control characters (line breaks, tabs) are not allowed; write it on one line"
                raise SettingsError(_line(variable.upper(), value, message))
        return values

    @field_validator("data", "run", "logs", "pids")
    @classmethod
    def _below_home(cls, path: Path) -> Path:
        path = expanded(path)
        return path if path.is_absolute() else home() / path

    @field_validator("broker", "events", "publish")
    @classmethod
    def _local_endpoint(cls, endpoint: str) -> str:
        if endpoint.startswith("tcp://") and not is_loopback(endpoint):
            raise ValueError("a TCP endpoint beyond this machine needs CURVE keys; use ipc:// or tcp://127.0.0.1")
        if endpoint and not endpoint.startswith(("ipc://", "tcp://")):
            raise ValueError("an endpoint must begin with ipc:// or tcp://")
        return endpoint

    @cached_property
    def run_dir(self) -> Path:
        """The run folder, or a short one in the temporary folder if its path is too long for sockets.

        Raises `SettingsError` if another user made it: our processes would then talk to that user's sockets.
        """
        folder = self.run
        if len(os.fsencode(f"{folder}{LONGEST_SOCKET_NAME}")) > MAX_SOCKET_PATH:
            digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"sonicmesh-{os.getuid()}-{digest}"
        try:
            check_owner(folder)
        except (Forbidden, OSError) as error:
            raise SettingsError(f"SONICMESH_RUN={self.run}: {error}") from None
        return folder

    @property
    def broker_endpoint(self) -> str:
        """Where clients and workers connect."""
        return self.broker or f"ipc://{self.run_dir}/broker.ipc"

    @property
    def events_endpoint(self) -> str:
        """Where subscribers connect."""
        return self.events or f"ipc://{self.run_dir}/events.ipc"

    @property
    def publish_endpoint(self) -> str:
        """Where publishers connect."""
        return self.publish or f"ipc://{self.run_dir}/events-publish.ipc"

    def make_folders(self) -> None:
        """Creates the folders with mode 0700; an existing run folder is closed to others, too.

        Raises `OSError`, and `Forbidden` if a folder belongs to another user.
        """
        for folder in (self.data, self.logs, self.pids):
            private_folder(folder)
        private_folder(self.run_dir, close=True)


class TextEmbeddingSettings(MeshSettings):
    """Models on this host, as their workers use them and the gateway's `/health` shows them."""

    checkpoints: Path = setting("TEXT_EMBEDDING_CHECKPOINT_DIR", Path("checkpoints"), "folder of model weights")
    use_stubs: bool = setting(
        "TEXT_EMBEDDING_USE_STUBS", False, "answer texts with marked stand-in vectors where a model has no text side"
    )
    device: str = setting("TEXT_EMBEDDING_DEVICE", AUTO, "auto, cpu, cuda or cuda:N; a device named here must exist")

    @field_validator("checkpoints")
    @classmethod
    def _checkpoints_below_home(cls, path: Path) -> Path:
        path = expanded(path)
        return path if path.is_absolute() else home() / path

    @field_validator("device")
    @classmethod
    def _device(cls, value: str) -> str:
        if not DEVICE.fullmatch(value):
            raise ValueError("expected auto, cpu, cuda or cuda:N")
        return value


class DatabaseSettings(MeshSettings):
    """Where Navidrome's database is; until it is known, the mesh is not set up."""

    database: Path | None = setting("NAVIDROME_DB_PATH", None, "Navidrome's database (navidrome.db), opened read-only")

    @field_validator("database")
    @classmethod
    def _database_below_home(cls, path: Path | None) -> Path | None:
        if path is None:
            return None
        path = expanded(path)
        return path if path.is_absolute() else home() / path


def expanded(path: Path) -> Path:
    """Replaces `~` or `~user` in `path` with the home folder. Raises `ValueError` if the user does not exist."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path} begins with ~, and that home folder is not known; write the whole path") from error


def is_loopback(endpoint: str) -> bool:
    """Returns whether a tcp:// endpoint stays on this machine."""
    host = endpoint.removeprefix("tcp://").rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


S = TypeVar("S", bound=MeshSettings)


def load_settings(cls: type[S], env_file: Path | None = None) -> S:
    """Loads settings of class `cls`; `env_file` replaces the project's `.env` and what the first run chose.

    Raises `SettingsError` with one line per variable that has a bad value.
    """
    try:
        return cls(_env_file=env_file or settings_files(home()))
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file or home() / '.env'} is not UTF-8 text") from None
    except ValidationError as error:
        lines = [_line(".".join(map(str, e["loc"])), e["input"], e["msg"]) for e in error.errors()]
        raise SettingsError("; ".join(lines)) from None


def _line(variable: str, value: Any, message: str) -> str:
    """Describes what is wrong with one variable, without a secret's value: logs would keep it."""
    shown = "..." if variable.endswith(("TOKEN", "KEY")) else repr(value)
    return f"{variable}={shown}: {message.removeprefix('Value error, ')}"
