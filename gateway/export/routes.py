"""The endpoint for exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import InvalidRequest, StoreUnavailable
from gateway.export import handlers
from gateway.export.formats import MEDIA
from gateway.http.endpoint import MESH, Endpoint

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint(
        "GET",
        "/export",
        handlers.export,
        "tracks",
        query=handlers.ExportQuery,
        media=MEDIA["jsonl"],
        other_media=(MEDIA["parquet"],),
        codes=(InvalidRequest, StoreUnavailable, *MESH),
    ),
)
