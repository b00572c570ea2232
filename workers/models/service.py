"""`embed.NAME`: audio and text to vectors, for any adapter of the registry."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from broker.vectors import Vectors, pack_vectors
from broker.wire import Reply
from contract.errors import InvalidRequest, MeshError, ModelFailed, ModelUnavailable, OutOfMemory, TextUnavailable
from contract.settings import load_settings
from workers.models.adapter import Adapter, Recording, TextSide, adapter_class
from workers.models.batch import Batches, Embedded, model_error
from workers.models.fitting import fit_beside
from workers.models.lifecycle import Action, Lifecycle, Reason
from workers.models.memory import Ledger
from workers.models.registry import spec
from workers.models.stubs import stub_text
from workers.runtime.service import Call, Mesh, Operation, Outcome, Service, Stages, single
from workers.runtime.settings import WorkerSettings

#: Longest text, in characters; longer ones are an error of the caller.
MAX_TEXT = 2000
#: Most texts of one call.
MAX_TEXTS = 256
#: Most workers of one model that are asked about.
MAX_WORKERS = 1000
REASONS: tuple[Reason, ...] = ("request", "idle", "memory")


@dataclass(slots=True)
class Prepared:
    """A recording that is ready to be embedded, and what that took."""

    recording: Recording
    stages: Stages
    ready: float


class EmbeddingService(Service):
    """Serves one model. Raises `InvalidRequest` for a name that the registry does not know."""

    #: Two batches of most models: one is computed while the next is decoded.
    credit: ClassVar[int] = 8

    def __init__(self, model: str, settings: WorkerSettings | None = None) -> None:
        self._spec = spec(model)
        self._settings = settings or load_settings(WorkerSettings)
        self._adapter: Adapter | None = None
        self._life: Lifecycle | None = None
        self._batches: Batches | None = None
        self._unusable: MeshError = ModelUnavailable(f"model {model!r} has not started yet; try again")

    @property
    def name(self) -> str:
        return self._spec.service

    def start(self, mesh: Mesh) -> None:
        """Make the adapter. Where its packages are missing the service runs all the same and every call is told so."""
        try:
            self._adapter = adapter_class(self._spec)(self._spec, self._settings)
        except ModelUnavailable as error:
            self._unusable = error
            return
        self._batches = Batches(self._adapter)
        self._life = Lifecycle(self._adapter, self._settings, mesh)

    def stop(self) -> None:
        if self._life is not None:
            self._life.shut_down()

    def operations(self) -> Mapping[str, Operation]:
        batch = 1 if self._adapter is None else min(self._adapter.batch, self.credit)
        return {
            "embed.audio": Operation(self._embed_audio, batch, prepare=self._open, discard=_close),
            "embed.text": single(self._embed_text),
            "model.describe": single(self._describe),
            "model.fits": single(self._fits),
        }

    def control(self) -> Mapping[str, Operation]:
        return {
            "worker.load": single(lambda call: self._request("load", call)),
            "worker.unload": single(lambda call: self._request("unload", call)),
        }

    def ready_info(self) -> dict[str, Any]:
        return {"model": self._spec.name, "device": self._device}

    def stats(self) -> dict[str, Any]:
        life = self._life
        if life is None:
            return {"loaded": False, "memory_bytes": 0, "reason": self._unusable.message}
        failed = {"reason": life.error.message} if life.error is not None else {}
        return {"loaded": life.loaded, "memory_bytes": life.memory_bytes, **failed}

    def idle(self) -> None:
        if self._life is not None:
            self._life.idle()

    @property
    def _device(self) -> str:
        return self._adapter.device if self._adapter is not None else "cpu"

    def _model(self) -> tuple[Adapter, Lifecycle, Batches]:
        if self._adapter is None or self._life is None or self._batches is None:
            raise type(self._unusable)(self._unusable.message, self._unusable.detail)
        return self._adapter, self._life, self._batches

    def _open(self, call: Call) -> Prepared:
        """Decode ahead of the compute thread. Raises the errors of a track."""
        adapter, _, _ = self._model()
        path, duration = _audio_params(call.params)
        began = time.time()
        try:
            recording = adapter.open_audio(path, duration)
        except MemoryError as error:
            raise OutOfMemory(f"{path.name} does not fit into memory") from error
        stages = Stages()
        ready = time.time()
        stages.add("decode", ready - began)
        stages.add("queue", max(began - call.received, 0.0))
        return Prepared(recording, stages, ready)

    def _embed_audio(self, calls: Sequence[Call]) -> Sequence[Outcome]:
        adapter, life, batches = self._model()
        prepared: list[Prepared] = [call.prepared for call in calls]
        done: list[Embedded] = []
        try:
            with life.work():
                began = time.time()
                done = batches.embed([one.recording for one in prepared])
            share = (time.time() - began) / len(calls)
            for one in prepared:
                one.stages.add("queue", began - one.ready)
                one.stages.add("compute", share)
            return [_audio_reply(adapter, result, one.stages) for result, one in zip(done, prepared, strict=True)]
        finally:
            for recording in (*(one.recording for one in prepared), *(recording for recording, _ in done)):
                recording.close()

    def _embed_text(self, call: Call) -> Reply:
        adapter, life, _ = self._model()
        texts = _text_params(call.params)
        side = self._text_side(adapter)
        if side.status == "unavailable":
            raise TextUnavailable(f"model {self._spec.name!r} cannot embed text: {side.reason}")
        if side.status == "stub":
            return _text_reply(adapter, stub_text(texts, adapter.dim), is_stub=True)
        with life.work():
            try:
                vectors = adapter.embed_text(texts)
            except Exception as error:  # noqa: BLE001  an adapter may be anybody's code
                raise model_error(error, adapter) from None
        return _text_reply(adapter, vectors, is_stub=False)

    def _text_side(self, adapter: Adapter) -> TextSide:
        side = adapter.text_side()
        if side.status == "unavailable" and self._settings.use_stubs:
            return TextSide("stub", side.reason)
        return side

    def _describe(self, _call: Call) -> Reply:
        result: dict[str, Any] = {
            "name": self._spec.name,
            "dimension": self._spec.dimension,
            "model_id": "",
            "text": self._spec.text,
            "license": self._spec.license,
            "description": self._spec.description,
            "loaded": False,
            "device": self._device,
        }
        try:
            adapter, life, _ = self._model()
            side = self._text_side(adapter)
            result |= {"dimension": adapter.dim, "model_id": adapter.model_id, "loaded": life.loaded}
            result |= {"text": side.status != "unavailable", "text_status": side.status, "text_reason": side.reason}
            if not life.loaded:
                life.check()
        except MeshError as error:
            return Reply(result | {"status": "unavailable", "reason": error.message})
        reason = life.error.message if life.error is not None else ""
        return Reply(result | {"status": "unavailable" if reason else "available", "reason": reason})

    def _fits(self, call: Call) -> Reply:
        """Whether `workers` workers of this model fit beside the models `beside` of this host."""
        adapter, _, _ = self._model()
        adapter.check()
        beside, workers = call.params.get("beside", []), call.params.get("workers", 1)
        if not isinstance(beside, list) or not all(isinstance(model, str) for model in beside):
            raise InvalidRequest("beside is a list of models", {"field": "beside"})
        if isinstance(workers, bool) or not isinstance(workers, int) or not 0 <= workers <= MAX_WORKERS:
            raise InvalidRequest(f"workers is a number from 0 to {MAX_WORKERS}", {"field": "workers"})
        entries = Ledger(self._settings.run_dir).entries().values()
        return Reply(asdict(fit_beside(adapter, self._settings, entries, beside, workers)))

    def _request(self, action: Action, call: Call) -> Reply:
        _, life, _ = self._model()
        reason = call.params.get("reason", "request")
        if reason not in REASONS:
            raise InvalidRequest(f"reason is one of {', '.join(REASONS)}", {"field": "reason"})
        life.request(action, reason)
        return Reply({"accepted": True})


def _close(call: Call) -> None:
    call.prepared.recording.close()


def _audio_params(params: Mapping[str, Any]) -> tuple[Path, float | None]:
    path, duration = params.get("path"), params.get("duration")
    if isinstance(path, bytes):  # a name that is not UTF-8
        path = os.fsdecode(path)
    if not isinstance(path, str) or not path.startswith("/"):
        raise InvalidRequest("path is an absolute path on this host", {"field": "path"})
    if duration is not None and (isinstance(duration, bool) or not isinstance(duration, int | float)):
        raise InvalidRequest("duration is a number of seconds or null", {"field": "duration"})
    return Path(path), duration


def _text_params(params: Mapping[str, Any]) -> list[str]:
    texts = params.get("texts")
    if not isinstance(texts, list) or not 0 < len(texts) <= MAX_TEXTS or not all(isinstance(t, str) for t in texts):
        raise InvalidRequest(f"texts is a list of 1 to {MAX_TEXTS} strings", {"field": "texts"})
    if any(len(text) > MAX_TEXT for text in texts):
        raise InvalidRequest(f"a text has at most {MAX_TEXT} characters", {"field": "texts"})
    return texts


def _audio_reply(adapter: Adapter, embedded: Embedded, stages: Stages) -> Outcome:
    recording, row = embedded
    if isinstance(row, MeshError):
        return row
    result = {
        "dim": len(row),
        "model_id": adapter.model_id,
        "duration": recording.duration,
        "warning": recording.warning,
        "warning_message": recording.warning_message,
        "seconds": stages.seconds,
    }
    return Reply(result, [pack_vectors(row)])


def _text_reply(adapter: Adapter, vectors: Vectors, *, is_stub: bool) -> Reply:
    if vectors.ndim != 2 or vectors.shape[1] != adapter.dim or not np.isfinite(vectors).all():
        raise ModelFailed(f"model {adapter.spec.name!r} gave no usable vectors for the texts")
    result = {"dim": adapter.dim, "model_id": adapter.model_id, "is_stub": is_stub}
    return Reply(result, [pack_vectors(vectors)])
