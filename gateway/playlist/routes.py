"""The endpoint for playlists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import StoreUnavailable
from contract.fields import MAX_NAME
from gateway.http.endpoint import BODY, MESH, Endpoint
from gateway.playlist import handlers
from gateway.playlist.schema import Playlist, PlaylistRequest

#: Any non-blank name is a valid mode.
MODE: Final = {"mode": {"type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": r"\S"}}

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint(
        "POST",
        "/playlist/{mode}",
        handlers.playlist,
        "playlist",
        PlaylistRequest,
        reply=Playlist,
        codes=(*BODY, *MESH, StoreUnavailable),
        names=MODE,
    ),
)
