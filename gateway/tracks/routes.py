"""The endpoint for tracks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import InvalidRequest, NavidromeUnavailable
from gateway.http.endpoint import MESH, Endpoint
from gateway.tracks import handlers
from gateway.tracks.schema import Tracks, TracksQuery

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint(
        "GET",
        "/tracks",
        handlers.find,
        "tracks",
        query=TracksQuery,
        reply=Tracks,
        codes=(InvalidRequest, NavidromeUnavailable, *MESH),
    ),
)
