"""One playlist request through the mesh: what to leave out, what to avoid, then the search."""

from __future__ import annotations

import asyncio
from typing import Any

from broker.errors import DeadlineExceeded, MeshError
from gateway.catalogue import Catalogue, check_names
from gateway.mesh import Mesh
from gateway.negatives import Vectors, embed_prompts, searched_models
from gateway.schemas.playlist import PlaylistRequest
from gateway.settings import GatewaySettings
from gateway.texts import TextVectors

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
                (excluded, warnings), (negatives, more) = await asyncio.gather(
                    self._excluded(request), self._negatives(request)
                )
                params = request.model_dump()
                params["exclude_track_ids"] = excluded
                params["negative_embeddings"] = negatives or None
                params["models"] = request.models or None
                remaining = due - asyncio.get_running_loop().time()
                reply = await self._mesh.call("search", "recommend", params, timeout=remaining)
        except TimeoutError:
            raise DeadlineExceeded(
                f"no playlist within {self._settings.playlist_seconds:g} s; the mesh is busy, try again"
            ) from None
        found = reply.result
        told = [*warnings, *more, *found.get("warnings", ())]
        return {"tracks": found.get("tracks", []), "warnings": list(dict.fromkeys(told))}

    async def _check(self, request: PlaylistRequest) -> None:
        """Names of models. Lengths of vectors are for search to judge: it knows those of its collections."""
        known = await self._catalogue.known()
        check_names(enumerate(request.models or ()), "models", known)
        if "model_priorities" in request.model_fields_set:
            check_names(((name, name) for name in request.model_priorities), "model_priorities", known)
        check_names(((name, name) for name in request.negative_embeddings or ()), "negative_embeddings", known)

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

    async def _negatives(self, request: PlaylistRequest) -> tuple[dict[str, Vectors], list[str]]:
        if not request.negative_prompts:
            return dict(request.negative_embeddings or {}), []
        models = await searched_models(request, self._catalogue, self._mesh)
        return await embed_prompts(request, models, self._texts, self._settings.text_budget)
