"""The vectors of an upload: computed by the models that run, kept until the track is there."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from broker.client import MeshClient
from broker.wire import Reply
from contract.errors import Internal, MeshError
from contract.operation import UPLOAD
from workers.library.jobs.ledger import Ledger
from workers.library.jobs.models import Models
from workers.library.jobs.served import served_models
from workers.library.state.database import State
from workers.library.uploads.timing import GivenUp, Limit
from workers.library.uploads.waiting import Waiting, WaitingVector

#: Failures of the file: every model would fail, and Navidrome's player as well.
FATAL: Final = frozenset({"decode_failed", "empty_audio", "file_missing", "file_unreadable", "deadline_exceeded"})
log = logging.getLogger(__name__)


class UploadVectors:
    """Embeds uploads with `models`, in the lane of uploads."""

    def __init__(self, client: MeshClient, state: State, models: Sequence[str], waiting: Waiting) -> None:
        self._client = client
        self._state = state
        self._models = models
        self._memory = Models(state)
        self._waiting = waiting

    def make(self, path: str, audio_id: str, duration: float, limit: Limit) -> list[str]:
        """Compute what is not there yet, and keep it; why some of it could not be made.

        Raises the `MeshError` of a file that no model can read, `DeadlineExceeded` and `GivenUp`.
        """
        wanted = [model for model in self._models if not self._is_there(audio_id, model)]
        warnings = []
        if wanted:
            served = served_models(self._client, limit.seconds)
            warnings = [f"{model}: no worker of it runs" for model in wanted if model not in served]
            wanted = [model for model in wanted if model in served]
        asked = {model: self._ask(model, path, duration, limit) for model in wanted}
        try:
            for model, future in asked.items():
                try:
                    reply = limit.wait(future, f"{model} did not embed the upload in time")
                    self._keep(model, audio_id, duration, reply)
                except GivenUp:
                    raise
                except MeshError as error:
                    if error.code in FATAL:
                        raise
                    warnings.append(f"{model}: {error.message}")
        finally:
            for future in asked.values():
                future.cancel()
        for warning in warnings:
            log.warning("an upload is not embedded by %s", warning)
        return warnings

    def source(self, audio_id: str, model: str) -> str:
        """A track whose vector of this audio is in the store, or nothing."""
        found = Ledger(self._state, model, self._memory.get(model).generation).source(audio_id, "", "")
        return "" if found is None else found.track_id

    def _is_there(self, audio_id: str, model: str) -> bool:
        model_id = self._memory.get(model).model_id
        return self._waiting.get(audio_id, model, model_id) is not None or bool(self.source(audio_id, model))

    def _ask(self, model: str, path: str, duration: float, limit: Limit) -> Future[Reply]:
        params = {"path": path, "duration": duration or None}
        return self._client.submit(f"embed.{model}", "embed.audio", params, timeout=limit.seconds, lane=UPLOAD)

    def _keep(self, model: str, audio_id: str, duration: float, reply: Reply) -> None:
        result = reply.result
        if not reply.blobs:
            raise Internal(f"{model} answered without a vector")
        self._waiting.put(
            WaitingVector(
                audio_id,
                model,
                str(result["model_id"]),
                int(result["dim"]),
                bytes(reply.blobs[0]),
                float(result.get("duration") or duration),
                str(result.get("warning") or ""),
                str(result.get("warning_message") or ""),
                time.time(),
            )
        )
