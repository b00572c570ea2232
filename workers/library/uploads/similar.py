"""Finds tracks that sound like an upload."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from broker.client import MeshClient
from contract.errors import DeadlineExceeded, MeshError
from contract.operation import UPLOAD
from contract.search import Match, SearchClient, SimilarRequest
from contract.warnings import Warned
from workers.library.uploads.timing import UploadLimit
from workers.library.uploads.vectors import UploadVectors, not_embedded
from workers.library.uploads.waiting_vectors import WaitingVectors

#: Maximum number of similar tracks to name for one upload.
MOST: Final = 20

log = logging.getLogger(__name__)


class SimilarAudio:
    """Searches the store with the vectors of an upload."""

    def __init__(
        self, client: MeshClient, models: Sequence[str], vectors: UploadVectors, waiting: WaitingVectors
    ) -> None:
        self._search = SearchClient(client)
        self._models = models
        self._vectors = vectors
        self._waiting = waiting

    def find(self, audio_id: str, threshold: float, limit: UploadLimit) -> tuple[dict[str, float], list[Warned]]:
        """Return the similarity by track id, and warnings for models that could not be asked.

        Includes tracks with a similarity (calibrated scale) of at least `threshold`; the highest of all models counts.
        """
        scores: dict[str, float] = {}
        warnings = []
        for model in self._models:
            try:
                near = self._ask(audio_id, model, threshold, limit)
            except DeadlineExceeded:
                raise
            except MeshError as error:
                warnings.append(not_embedded(model, error.message))
                continue
            for match in near:
                scores[match.track_id] = max(scores.get(match.track_id, -1.0), match.score)
        return scores, warnings

    def _ask(self, audio_id: str, model: str, threshold: float, limit: UploadLimit) -> list[Match]:
        waiting = self._waiting.get(audio_id, model)
        source = "" if waiting is not None else self._vectors.source(audio_id, model)
        if waiting is None and not source:
            return []
        request = SimilarRequest(
            model=model,
            limit=MOST,
            least=threshold,
            dim=waiting.dim if waiting is not None else None,
            track_id=source or None,
        )
        blobs = [waiting.vector] if waiting is not None else []
        return self._search.similar(request, blobs, timeout=limit.seconds, lane=UPLOAD).matches
