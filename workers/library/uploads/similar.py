"""Which tracks sound like an upload."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from broker.client import MeshClient
from contract.errors import MeshError
from contract.operation import UPLOAD, Buffer
from workers.library.uploads.timing import Limit
from workers.library.uploads.vectors import UploadVectors
from workers.library.uploads.waiting import Waiting

#: Most tracks that are named as similar to one upload.
MOST: Final = 20

log = logging.getLogger(__name__)


class SimilarAudio:
    """Asks the store with the vectors that an upload has."""

    def __init__(self, client: MeshClient, models: Sequence[str], vectors: UploadVectors, waiting: Waiting) -> None:
        self._client = client
        self._models = models
        self._vectors = vectors
        self._waiting = waiting

    def find(self, audio_id: str, threshold: float, limit: Limit) -> tuple[dict[str, float], list[str]]:
        """Calibrated similarity by track id of tracks from `threshold` on, by the model that hears them nearest; and
        why models could not be asked.
        """
        found: dict[str, float] = {}
        warnings = []
        for model in self._models:
            try:
                near = self._ask(audio_id, model, threshold, limit)
            except MeshError as error:
                if error.code == "deadline_exceeded":
                    raise
                warnings.append(f"{model}: {error.message}")
                continue
            for match in near:
                track_id = str(match["track_id"])
                found[track_id] = max(found.get(track_id, -1.0), float(match["score"]))
        return found, warnings

    def _ask(self, audio_id: str, model: str, threshold: float, limit: Limit) -> list[dict[str, Any]]:
        params: dict[str, Any] = {"model": model, "limit": MOST, "least": threshold}
        blobs: list[Buffer] = []
        held = self._waiting.get(audio_id, model)
        if held is not None:
            params["dim"] = held.dim
            blobs.append(held.vector)
        elif source := self._vectors.source(audio_id, model):
            params["track_id"] = source
        else:
            return []
        reply = self._client.call("search", "vectors.similar", params, blobs, timeout=limit.seconds, lane=UPLOAD)
        matches: list[dict[str, Any]] = reply.result["matches"]
        return matches
