"""Endpoints of the console's part for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contract.errors import Conflict, ModelUnavailable, TextUnavailable
from gateway.explore import handlers, media, mixes, models, playlists, preferences, schema
from gateway.http.endpoint import Endpoint
from gateway.people.routes import BODY, CODES, ROOT
from gateway.people.schema import SavedPlaylist, SettingsChange

TAG: Final = "explore"
LIST: Final = (*BODY, TextUnavailable, ModelUnavailable)

_ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/explore", handlers.explore, TAG, query=schema.ExploreQuery, reply=schema.Finds, codes=CODES),
    Endpoint("POST", "/explore/list", handlers.make_list, TAG, schema.ListRequest, reply=schema.PersonList, codes=LIST),
    Endpoint("POST", "/explore/m3u", handlers.m3u, TAG, schema.M3uRequest, media="audio/x-mpegurl", codes=BODY),
    Endpoint("GET", "/models", models.models, TAG, reply=models.ListModels, codes=CODES),
    Endpoint("GET", "/playlists", playlists.playlists, TAG, reply=schema.ListedPlaylists, codes=CODES),
    Endpoint(
        "POST",
        "/playlists/{id}/append",
        playlists.append,
        TAG,
        schema.AppendRequest,
        reply=SavedPlaylist,
        codes=(*BODY, Conflict),
    ),
    Endpoint("GET", "/cover/{id}", media.cover, TAG, query=schema.CoverQuery, media="image/*", codes=CODES),
    Endpoint("GET", "/stream/{id}", media.stream, TAG, query=schema.StreamQuery, media="audio/*", codes=CODES),
    Endpoint("POST", "/played/{id}", media.played, TAG, schema.PlayedRequest, reply=schema.Reported, codes=BODY),
    Endpoint("GET", "/preferences", preferences.preferences, TAG, reply=schema.DescribedSettings, codes=CODES),
    Endpoint(
        "PUT",
        "/preferences",
        preferences.change_preferences,
        TAG,
        SettingsChange,
        reply=schema.ChangedSettings,
        codes=BODY,
    ),
    Endpoint("GET", "/mixes", mixes.mixes, TAG, reply=schema.TodaysMixes, codes=CODES),
)

#: These endpoints do not need the mesh's token: callers log in to Navidrome.
ENDPOINTS: Final[Sequence[Endpoint]] = tuple(
    replace(endpoint, path=f"{ROOT}{endpoint.path}", open=True) for endpoint in _ENDPOINTS
)
