"""Extended M3U: two lines per track, whatever its title."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from contract.text import fits_playlist, playlist_text

#: The M3U value for an unknown length.
UNKNOWN_LENGTH: Final = -1


def as_m3u(tracks: Iterable[Mapping[str, Any]], name: str = "") -> tuple[str, list[str]]:
    """Returns the playlist of the tracks whose path is known, and the paths that M3U cannot represent."""
    title = playlist_text(name)
    lines, left_out = ["#EXTM3U", *([f"#PLAYLIST:{title}"] if title else [])], []
    for track in tracks:
        path = track.get("path")
        if not path:
            continue
        if not fits_playlist(path):
            left_out.append(path)
            continue
        label = playlist_text(f"{track.get('artist') or ''} - {track.get('title') or ''}")
        lines += [f"#EXTINF:{_length(track.get('duration'))},{label}", path]
    return "\n".join([*lines, ""]), left_out


def _length(seconds: Any) -> int:
    usable = isinstance(seconds, int | float) and math.isfinite(seconds) and seconds >= 0
    return round(seconds) if usable else UNKNOWN_LENGTH
