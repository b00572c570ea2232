"""Settings of the library worker for uploads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

from pydantic import field_validator
from pydantic_settings import NoDecode

from contract.settings import expanded, home, setting
from workers.runtime.settings import WorkerSettings, parse_size


class UploadSettings(WorkerSettings):
    """Which files may be uploaded, and where their parts are written."""

    upload_folders: Annotated[tuple[Path, ...], NoDecode] = setting(
        "SONICMESH_UPLOAD_FOLDERS",
        (),
        "folders whose files may be uploaded, separated by commas; empty: the temporary folder and the music folders",
    )
    upload_bytes: int = setting("SONICMESH_UPLOAD_BYTES", 8 * 2**30, "largest upload, in bytes or like 8G", ge=1)
    upload_splits: Path | None = setting(
        "SONICMESH_UPLOAD_SPLITS",
        None,
        "folder of the files that CUE sheets are split into; empty: one in the temporary folder",
    )

    @field_validator("upload_folders", mode="before")
    @classmethod
    def _folders(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        paths = [expanded(Path(entry.strip())) for entry in value.split(",") if entry.strip()]
        if not all(path.is_absolute() for path in paths):
            raise ValueError("expected absolute folders: /tmp,/mnt/music")
        return tuple(paths)

    @field_validator("upload_bytes", mode="before")
    @classmethod
    def _bytes(cls, value: Any) -> Any:
        return parse_size(value) if isinstance(value, str) else value

    @field_validator("upload_splits")
    @classmethod
    def _splits_below_home(cls, path: Path | None) -> Path | None:
        if path is None:
            return None
        path = expanded(path)
        return path if path.is_absolute() else home() / path

    @property
    def split_root(self) -> Path:
        """The folder for the parts of split files, readable only by this user."""
        return self.upload_splits or Path(tempfile.gettempdir()) / f"sonicmesh-splits-{os.getuid()}"
