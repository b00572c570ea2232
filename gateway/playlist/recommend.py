"""Answers one playlist request: resolves exclusions and negative prompts, then searches."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from contract.errors import DeadlineExceeded, MeshError
from contract.library import AsyncLibraryClient, PlaylistsRequest
from contract.message import common
from contract.search import DEFAULT_PRIORITIES, AsyncSearchClient, Recommended, RecommendRequest, Seed
from contract.warnings import Warned, WarningCode, once
from gateway.mesh import MeshConnection
from gateway.models.directory import ModelDirectory
from gateway.playlist.negatives import embed_prompts, select_models
from gateway.playlist.schema import PlaylistRequest
from gateway.settings import GatewaySettings
from gateway.text.texts import TextVectors

#: Seconds that `library` may take for the tracks of playlists: leave time for the search.
PLAYLIST_TRACKS_SECONDS: Final = 1.5


class Recommender:
    """Answers `POST /playlist/{mode}`."""

    def __init__(
        self, mesh: MeshConnection, directory: ModelDirectory, texts: TextVectors, settings: GatewaySettings
    ) -> None:
        self._mesh = mesh
        self._directory = directory
        self._texts = texts
        self._settings = settings

    async def recommend(self, request: PlaylistRequest) -> Recommended:
        """Return the list. Raises typed errors, and `DeadlineExceeded` after the playlist deadline."""
        due = asyncio.get_running_loop().time() + self._settings.playlist_seconds
        try:
            async with asyncio.timeout_at(due):
                await self._check(request)
                search_request = for_search(request)
                (excluded, unread), (search_request, unavoided) = await asyncio.gather(
                    self._excluded(request), self._avoiding(request, search_request)
                )
                remaining = due - asyncio.get_running_loop().time()
                search_request = replace(search_request, exclude_track_ids=excluded)
                reply = await AsyncSearchClient(self._mesh).recommend(search_request, timeout=remaining)
        except TimeoutError:
            raise DeadlineExceeded(
                f"no playlist within {self._settings.playlist_seconds:g} s; the mesh is busy, try again"
            ) from None
        return replace(reply, warnings=once([*reply.warnings, *unread, *unavoided]))

    async def _check(self, request: PlaylistRequest) -> None:
        """Check model names. The search checks the lengths of vectors: it knows those of its collections."""
        priorities = [name for name in request.model_priorities if name not in DEFAULT_PRIORITIES]
        await self._directory.check_models(enumerate(request.models or ()), "models")
        await self._directory.check_models(((n, n) for n in priorities), "model_priorities")
        await self._directory.check_models(((n, n) for n in request.negative_embeddings or ()), "negative_embeddings")

    async def _excluded(self, request: PlaylistRequest) -> tuple[list[str], list[Warned]]:
        """Return track ids to leave out. Unreadable playlists cause a warning; they never fail the request."""
        if not request.exclude_playlist_ids:
            return request.exclude_track_ids, []
        playlists_request = PlaylistsRequest(playlist_ids=request.exclude_playlist_ids)
        try:
            tracks = await AsyncLibraryClient(self._mesh).playlist_tracks(
                playlists_request, timeout=PLAYLIST_TRACKS_SECONDS
            )
        except MeshError as error:
            message = f"exclude_playlist_ids had no effect, their tracks may appear: {error.message}"
            return request.exclude_track_ids, [Warned(code=WarningCode.PLAYLISTS_UNREAD, message=message)]
        return list(dict.fromkeys([*request.exclude_track_ids, *tracks.track_ids])), []

    async def _avoiding(
        self, request: PlaylistRequest, search_request: RecommendRequest
    ) -> tuple[RecommendRequest, list[Warned]]:
        """Return `search_request` with the vectors of negative prompts, and warnings.

        The search first decides which models will answer; prompts are embedded only for those, and the decision is
        passed on.
        """
        if not request.negative_prompts:
            return search_request, []
        answering = await select_models(self._mesh, search_request, self._settings.playlist_seconds)
        given, budget = request.negative_embeddings or {}, self._settings.text_budget
        avoided, warnings = await embed_prompts(request.negative_prompts, given, answering.models, self._texts, budget)
        return replace(search_request, negative_embeddings=avoided or None, answering=answering), warnings


def for_search(request: PlaylistRequest) -> RecommendRequest:
    """Make a search request from a playlist request."""
    seeds = [
        Seed(track_id=seed.track_id, weight=seed.weight, source=seed.source, embedding=seed.embedding)
        for seed in request.seeds
    ]
    return common(request, RecommendRequest, seeds=seeds, models=request.models or None)
