"""One upload, as it is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """What is asked. Paths as the sender has them; `name`: what it calls the file; `threshold` on the calibrated
    scale, None: similar audio does not matter; `track_id`: the track that the file is, if it is one already.
    """

    music: str
    cue: str = ""
    name: str = ""
    threshold: float | None = None
    track_id: str = ""
