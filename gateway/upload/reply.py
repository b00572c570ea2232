"""Replies on the upload socket, with the names that Navidrome reads."""

from __future__ import annotations

from typing import Any

from contract.errors import MeshError
from contract.uploads import UploadPart

Reply = dict[str, Any]


def split_file(part: UploadPart) -> Reply:
    """Return one entry of `splitFiles`."""
    return {
        "path": part.path,
        "destName": part.dest_name,
        "index": part.index,
        "title": part.title,
        "artist": part.artist,
        "album": part.album,
        "albumArtist": part.album_artist,
        "durationSeconds": part.duration,
    }


def error_reply(error: MeshError) -> Reply:
    """Return `{"status": "error", "message", "code"}`; the code is for programs."""
    return {"status": "error", "message": error.message, "code": error.code}
