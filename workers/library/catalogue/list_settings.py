"""Settings for tracks that lists leave out."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import field_validator
from pydantic_settings import NoDecode

from contract.settings import setting
from workers.runtime.settings import WorkerSettings

#: Genres that are not music.
SPOKEN: Final = ("Audiobook", "Audiobooks", "Podcast", "Speech", "Spoken Word")

#: An empty variable means the default; this value means an empty list.
NONE: Final = "none"


class ListSettings(WorkerSettings):
    """Tracks that lists leave out unless they start from such a track."""

    exclude_genres: Annotated[tuple[str, ...], NoDecode] = setting(
        "SONICMESH_LISTS_EXCLUDE_GENRES",
        SPOKEN,
        "genres that lists leave out unless a seed is of them, separated by commas; none: no genre",
    )
    exclude_libraries: Annotated[tuple[str, ...], NoDecode] = setting(
        "SONICMESH_LISTS_EXCLUDE_LIBRARIES",
        (),
        "libraries that lists leave out unless a seed is from them: names or numbers, separated by commas",
    )
    exclude_shorter: float = setting(
        "SONICMESH_LISTS_EXCLUDE_SHORTER_S", 0.0, "seconds below which a track is left out of lists; 0: off", ge=0
    )
    exclude_longer: float = setting(
        "SONICMESH_LISTS_EXCLUDE_LONGER_S", 0.0, "seconds beyond which a track is left out of lists; 0: off", ge=0
    )

    @field_validator("exclude_genres", "exclude_libraries", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.strip().casefold() == NONE:
            return ()
        return tuple(entry.strip() for entry in value.split(",") if entry.strip())
