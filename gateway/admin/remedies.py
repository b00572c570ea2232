"""What to do about a track that could not be embedded, or only with a warning, by its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contract.errors import (
    DecodeFailed,
    EmptyAudio,
    FileMissing,
    FileUnreadable,
    ModelFailed,
    OutOfMemory,
    Poisoned,
    SilentAudio,
)

REMEDIES: Final[Mapping[str, str]] = {
    DecodeFailed.code: "Play the file. If no player can read it, replace it; the new file is tried automatically.",
    EmptyAudio.code: "The file holds no sound. Replace or delete it.",
    SilentAudio.code: "The file is silent throughout. If that is intended, leave it: lists work without it.",
    FileMissing.code: "Mount the disk or share; if the file was moved, scan in Navidrome. It is retried automatically.",
    FileUnreadable.code: "Let the user of the mesh read the file, or check the disk. It is retried automatically.",
    OutOfMemory.code: "Free memory, raise SONICMESH_CPU_MODEL_MEMORY, or unload another model; then retry.",
    ModelFailed.code: "The log of the model's worker says more. Retry; if it fails again, report it.",
    Poisoned.code: "Several workers ended while they read this file. Replace the file, then retry.",
}
#: For warnings, and for codes of models that we do not know.
ANY_WARNING: Final = "The vector is usable. Play the file to its end; if it is damaged, replace it, then retry."
ANY_FAILURE: Final = "The log of the model's worker says more. Retry once the reason is gone."


def remedy(code: str, *, warning: bool) -> str:
    """Return one or two sentences."""
    return REMEDIES.get(code, ANY_WARNING if warning else ANY_FAILURE)
