"""Computes the vectors of an upload with the running models, and keeps them until the track appears."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from broker.client import MeshClient
from contract.embedding import AudioRequest, EmbeddedAudio, EmbeddingClient, embedding_service
from contract.errors import (
    DeadlineExceeded,
    DecodeFailed,
    EmptyAudio,
    FileMissing,
    FileUnreadable,
    Internal,
    MeshError,
)
from contract.operation import UPLOAD, ReplyWithBlobs
from contract.warnings import Warned, WarningCode
from workers.library.jobs.ledger import Ledger
from workers.library.jobs.models import Models
from workers.library.jobs.served import served_models
from workers.library.state.database import StateDatabase
from workers.library.uploads.timing import GivenUp, UploadLimit
from workers.library.uploads.waiting_vectors import WaitingVector, WaitingVectors

#: Errors of the file itself: every model would fail, and so would Navidrome's player.
FATAL: Final = (DecodeFailed, EmptyAudio, FileMissing, FileUnreadable, DeadlineExceeded)
log = logging.getLogger(__name__)


class UploadVectors:
    """Embeds uploads with `models`, in the lane `upload`."""

    def __init__(
        self, client: MeshClient, state: StateDatabase, models: Sequence[str], waiting: WaitingVectors
    ) -> None:
        self._client = client
        self._state = state
        self._models = models
        self._memory = Models(state)
        self._waiting = waiting

    def make(self, path: str, audio_id: str, duration: float, limit: UploadLimit) -> list[Warned]:
        """Compute and keep missing vectors. Returns warnings for models that gave none.

        Raises the `MeshError` of a file that no model can read, `DeadlineExceeded` and `GivenUp`.
        """
        wanted = [model for model in self._models if not self._is_there(audio_id, model)]
        warnings = []
        if wanted:
            served = served_models(self._client, limit.seconds)
            warnings = [not_embedded(model, "no worker of it is running") for model in wanted if model not in served]
            wanted = [model for model in wanted if model in served]
        calls = {model: self._ask(model, path, duration, limit) for model in wanted}
        try:
            for model, future in calls.items():
                try:
                    answer = limit.wait(future, f"{model} did not embed the upload in time")
                    self._keep(model, audio_id, duration, answer)
                except (GivenUp, *FATAL):
                    raise
                except MeshError as error:
                    warnings.append(not_embedded(model, error.message))
        finally:
            for future in calls.values():
                future.cancel()
        for warning in warnings:
            log.warning("%s did not embed an upload", warning.message)
        return warnings

    def source(self, audio_id: str, model: str) -> str:
        """Return the id of a track with a vector of this audio in the store, or ""."""
        origin = Ledger(self._state, model, self._memory.get(model).generation).source(audio_id, "", "")
        return "" if origin is None else origin.track_id

    def _is_there(self, audio_id: str, model: str) -> bool:
        model_id = self._memory.get(model).model_id
        return self._waiting.get(audio_id, model, model_id) is not None or bool(self.source(audio_id, model))

    def _ask(self, model: str, path: str, duration: float, limit: UploadLimit) -> Future[ReplyWithBlobs[EmbeddedAudio]]:
        request = AudioRequest(path=path, duration=duration or None)
        embedding = EmbeddingClient(self._client, embedding_service(model))
        return embedding.audio.submit(request, timeout=limit.seconds, lane=UPLOAD)

    def _keep(self, model: str, audio_id: str, duration: float, answer: ReplyWithBlobs[EmbeddedAudio]) -> None:
        embedded = answer.value
        if not answer.blobs:
            raise Internal(f"{model} returned no vector")
        self._waiting.put(
            WaitingVector(
                audio_id,
                model,
                embedded.model_id,
                embedded.dim,
                bytes(answer.blobs[0]),
                embedded.duration or duration,
                embedded.warning or "",
                embedded.warning_message or "",
                time.time(),
            )
        )


def not_embedded(model: str, why: str) -> Warned:
    """Warn that a model gave no vector for the upload or could not compare it."""
    return Warned(code=WarningCode.UPLOAD_UNHEARD, message=f"{model}: {why}", detail={"model": model})
