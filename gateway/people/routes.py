"""Endpoints for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contract.errors import (
    Busy,
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Internal,
    InvalidRequest,
    ModelUnavailable,
    NavidromeUnavailable,
    NotFound,
    NoWorker,
    StoreUnavailable,
    TextUnavailable,
    TooLarge,
    Unauthorized,
)
from gateway.batch.schema import BatchProgress, BatchStart, BatchStarted, BatchStatus
from gateway.http.endpoint import Endpoint
from gateway.people import features, path, recommendations, similar
from gateway.people import saving as save
from gateway.people.lists import NAMES
from gateway.people.schema import (
    ArtistsQuery,
    CountQuery,
    Features,
    Mix,
    MixRequest,
    Path,
    PathQuery,
    PersonSettings,
    SavedPlaylist,
    SaveRequest,
    SettingsChange,
    Similar,
    SimilarArtists,
)

#: Errors of all these endpoints.
CODES: Final = (
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    Busy,
    NoWorker,
    NavidromeUnavailable,
    StoreUnavailable,
    DeadlineExceeded,
    Internal,
)
BODY: Final = (*CODES, TooLarge)
TAG: Final = "people"
ROOT: Final = "/api/recommendations"

_ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", f"{ROOT}/settings", recommendations.settings, TAG, reply=PersonSettings, codes=CODES),
    Endpoint(
        "PUT",
        f"{ROOT}/settings",
        recommendations.change_settings,
        TAG,
        SettingsChange,
        reply=PersonSettings,
        codes=BODY,
    ),
    Endpoint(
        "POST", f"{ROOT}/save", save.save_playlist, TAG, SaveRequest, reply=SavedPlaylist, codes=(*BODY, Conflict)
    ),
    Endpoint(
        "POST",
        f"{ROOT}/batch/start",
        recommendations.start,
        TAG,
        BatchStart,
        reply=BatchStarted,
        codes=(*BODY, Conflict, ModelUnavailable),
    ),
    Endpoint("GET", f"{ROOT}/batch/progress", recommendations.progress, TAG, reply=BatchProgress, codes=CODES),
    Endpoint("POST", f"{ROOT}/batch/cancel", recommendations.cancel, TAG, reply=BatchStatus, codes=CODES),
    Endpoint(
        "POST",
        f"{ROOT}/{{mode}}",
        recommendations.mix,
        TAG,
        MixRequest,
        reply=Mix,
        codes=(*BODY, TextUnavailable, ModelUnavailable),
        names={"mode": {"type": "string", "enum": list(NAMES)}},
    ),
    Endpoint("GET", "/api/similar/track/{id}", similar.track, TAG, query=CountQuery, reply=Similar, codes=CODES),
    Endpoint("GET", "/api/similar/album/{id}", similar.album, TAG, query=CountQuery, reply=Similar, codes=CODES),
    Endpoint("GET", "/api/similar/artist/{id}", similar.artist, TAG, query=CountQuery, reply=Similar, codes=CODES),
    Endpoint(
        "GET", "/api/similar/artists/{id}", similar.artists, TAG, query=ArtistsQuery, reply=SimilarArtists, codes=CODES
    ),
    Endpoint("GET", "/api/tracks/{id}/features", features.features, TAG, reply=Features, codes=CODES),
    Endpoint("GET", "/api/path", path.path, TAG, query=PathQuery, reply=Path, codes=CODES),
)

#: These endpoints do not need the mesh's token: callers log in to Navidrome.
ENDPOINTS: Final[Sequence[Endpoint]] = tuple(replace(endpoint, open=True) for endpoint in _ENDPOINTS)
