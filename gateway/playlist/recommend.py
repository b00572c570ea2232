"""One playlist request through the mesh: what to leave out, what to avoid, then the search."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from contract.errors import DeadlineExceeded, MeshError
from gateway.mesh import Mesh
from gateway.models.catalogue import Catalogue
from gateway.playlist.negatives import embed_prompts, select_models
from gateway.playlist.schema import PlaylistRequest
from gateway.settings import GatewaySettings
from gateway.text.texts import TextVectors

#: Most seconds that `library` may take for the tracks of playlists: the search still has to happen.
PLAYLIST_TRACKS_TIMEOUT = 1.5


class Recommender:
    """Answers `POST /playlist/{mode}`."""

    def __init__(self, mesh: Mesh, catalogue: Catalogue, texts: TextVectors, settings: GatewaySettings) -> None:
        self._mesh = mesh
        self._catalogue = catalogue
        self._texts = texts
        self._settings = settings

    async def recommend(self, request: PlaylistRequest) -> dict[str, Any]:
        """`{"tracks", "warnings"}`. Raises typed errors, `DeadlineExceeded` after the playlist's deadline."""
        due = asyncio.get_running_loop().time() + self._settings.playlist_seconds
        try:
            async with asyncio.timeout_at(due):
                await self._check(request)
                params = {**request.model_dump(), "models": request.models or None}
                (excluded, warnings), (avoided, more) = await asyncio.gather(
                    self._excluded(request), self._avoided(request, params)
                )
                params |= {"exclude_track_ids": excluded, **avoided}
                remaining = due - asyncio.get_running_loop().time()
                reply = await self._mesh.call("search", "recommend", params, timeout=remaining)
        except TimeoutError:
            raise DeadlineExceeded(
                f"no playlist within {self._settings.playlist_seconds:g} s; the mesh is busy, try again"
            ) from None
        found = reply.result
        told = [*found.get("warnings", ()), *warnings, *more]
        return {"tracks": found.get("tracks", []), "warnings": list(dict.fromkeys(told))}

    async def _check(self, request: PlaylistRequest) -> None:
        """Names of models. Lengths of vectors are for search to judge: it knows those of its collections."""
        await self._catalogue.check_models(enumerate(request.models or ()), "models")
        if "model_priorities" in request.model_fields_set:
            await self._catalogue.check_models(((n, n) for n in request.model_priorities), "model_priorities")
        await self._catalogue.check_models(((n, n) for n in request.negative_embeddings or ()), "negative_embeddings")

    async def _excluded(self, request: PlaylistRequest) -> tuple[list[str], list[str]]:
        """Track ids to leave out. Playlists that cannot be read cost a warning, never the request."""
        if not request.exclude_playlist_ids:
            return request.exclude_track_ids, []
        params = {"playlist_ids": request.exclude_playlist_ids}
        try:
            reply = await self._mesh.call("library", "playlists.tracks", params, timeout=PLAYLIST_TRACKS_TIMEOUT)
        except MeshError as error:
            return request.exclude_track_ids, [
                f"exclude_playlist_ids had no effect, their tracks may appear: {error.message}"
            ]
        return list(dict.fromkeys([*request.exclude_track_ids, *reply.result["track_ids"]])), []

    async def _avoided(self, request: PlaylistRequest, params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Params of what to avoid, and warnings. Prompts are embedded for the models that will answer: which these are
        the search decides first, and its decision is handed on.
        """
        if not request.negative_prompts:
            return {}, []
        answering = await select_models(self._mesh, params, self._settings.playlist_seconds)
        negatives, warnings = await embed_prompts(request, answering["models"], self._texts, self._settings.text_budget)
        return {"negative_embeddings": negatives or None, "answering": answering}, warnings
