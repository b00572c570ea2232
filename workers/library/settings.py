"""Settings of the library worker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import field_validator
from pydantic_settings import NoDecode

from contract.settings import DatabaseSettings, expanded, home, setting
from workers.library.catalogue.list_settings import ListSettings
from workers.library.jobs.hours import Hours
from workers.library.uploads.settings import UploadSettings


class LibrarySettings(UploadSettings, ListSettings, DatabaseSettings):
    """Where Navidrome's database and music are, and how closely the worker follows them."""

    music_root: Path | None = setting(
        "NAVIDROME_MUSIC_ROOT", None, "path here of the folder of Navidrome's first library, if it differs"
    )
    path_map: Annotated[tuple[tuple[str, str], ...], NoDecode] = setting(
        "SONICMESH_PATH_MAP", (), "folders of Navidrome and their paths here: /music=/mnt/a,/archive=/mnt/b"
    )
    auto_embed: bool = setting("SONICMESH_AUTO_EMBED", True, "embed new and changed tracks without a command")
    job_hours: str = setting(
        "SONICMESH_JOB_HOURS", "", "hours in which jobs that began by themselves may embed, such as 22-7; empty: always"
    )
    tracks_in_flight: int = setting("BATCH_JOB_WORKERS", 4, "tracks per model that a job embeds at once", ge=1, le=256)
    prune_after_days: float = setting(
        "SONICMESH_PRUNE_AFTER_DAYS", 7.0, "days after which a vanished track's vectors are deleted", ge=0
    )
    default_diversity: float = setting(
        "SONICMESH_DEFAULT_DIVERSITY", 0.15, "baseDiversity of people who did not choose one, 0 to 1", ge=0, le=1
    )
    poll_seconds: float = setting(
        "SONICMESH_LIBRARY_POLL_S", 15.0, "seconds between two checks of Navidrome's database", gt=0
    )

    @field_validator("music_root")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        if path is None:
            return None
        path = expanded(path)
        return path if path.is_absolute() else home() / path

    @field_validator("job_hours")
    @classmethod
    def _hours(cls, text: str) -> str:
        return str(Hours.parse(text)) if text else ""

    @property
    def hours(self) -> Hours | None:
        """`job_hours`, read; None: always."""
        return Hours.parse(self.job_hours) if self.job_hours else None

    @field_validator("path_map", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [entry.partition("=") for entry in value.split(",") if entry.strip()]
        for theirs, equals, here in pairs:
            if not equals or not theirs.strip().startswith("/") or not here.strip().startswith("/"):
                raise ValueError("expected pairs of absolute folders: /music=/mnt/a,/archive=/mnt/b")
        return tuple((theirs.strip(), here.strip()) for theirs, _, here in pairs)
