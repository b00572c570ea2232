"""Settings of the console: the path below which it is served, and how long a session lasts."""

from __future__ import annotations

import re
from typing import Final

from pydantic import field_validator

from contract.settings import MeshSettings, setting

#: A prefix as a proxy or a person writes it, without a slash at its end.
PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+", re.ASCII)
#: Longest prefix, in characters: it is part of every cookie's path.
MAX_PREFIX: Final = 200
SECONDS_PER_HOUR: Final = 3600


class SessionSettings(MeshSettings):
    """Where the console is, and for how long people stay signed in."""

    base_path: str = setting(
        "SONICMESH_BASE_PATH", "", "path below which a reverse proxy serves everything, such as /mesh; empty: none"
    )
    session_hours: float = setting(
        "SONICMESH_SESSION_HOURS", 336.0, "hours without use after which a session of the console ends", gt=0, le=8760
    )

    @property
    def session_seconds(self) -> float:
        """Seconds without use after which a session ends."""
        return SECONDS_PER_HOUR * self.session_hours

    @field_validator("base_path")
    @classmethod
    def _prefix(cls, path: str) -> str:
        path = path.rstrip("/")
        if path and not is_prefix(path):
            raise ValueError("a path such as /mesh is expected: letters, digits, . _ ~ - between slashes")
        return path


def is_prefix(path: str) -> bool:
    """Return whether `path` can be the prefix of an address; it then also fits into a header or a cookie."""
    parts = path.split("/")
    return len(path) <= MAX_PREFIX and PREFIX.fullmatch(path) is not None and not {".", ".."} & set(parts)
