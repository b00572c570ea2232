"""The service `embed.NAME`: turns audio and text into vectors with any adapter in the registry."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from broker.vectors import Vectors, pack_vectors
from contract.embedding import (
    AnalysedAudio,
    AnalyseRequest,
    AudioRequest,
    AudioSeconds,
    Description,
    EmbeddedAudio,
    EmbeddedTexts,
    Embedding,
    Fits,
    FitsRequest,
    TextRequest,
)
from contract.errors import InvalidRequest, MeshError, ModelFailed, ModelUnavailable, OutOfMemory, TextUnavailable
from contract.labels import AudioAnalysis
from contract.message import Nothing
from contract.operation import ReplyWithBlobs
from contract.reading import read_request
from contract.settings import load_settings
from contract.worker import Accepted, LoadRequest, PrivateWorker
from workers.models.adapter import Adapter, Recording, TextSide, adapter_class
from workers.models.batch import Batches, Embedded, model_error
from workers.models.fitting import fit_beside
from workers.models.lifecycle import Action, Lifecycle
from workers.models.memory import MemoryBudget
from workers.models.registry import spec
from workers.models.stubs import stub_text
from workers.runtime.service import Call, Handler, ModelState, Service, Stages, WorkerContext
from workers.runtime.serving import served, served_in_batches
from workers.runtime.settings import WorkerSettings


@dataclass(slots=True)
class Prepared:
    """A recording ready to embed, and the time that preparing it took."""

    recording: Recording
    stages: Stages
    ready: float


class EmbeddingService(Service):
    """Serves one model. Raises `InvalidRequest` if the registry does not know its name."""

    #: Two batches of most models: one computes while the next is decoded.
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

    def start(self, mesh: WorkerContext) -> None:
        """Create the adapter. If its packages are missing, the service still runs and every call gets that error."""
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

    def operations(self) -> Mapping[str, Handler]:
        batch = 1 if self._adapter is None else min(self._adapter.batch, self.credit)
        return {
            **served_in_batches(Embedding.audio, self._embed_audio, batch, prepare=self._open, discard=_close),
            **served_in_batches(
                Embedding.analyse, self._analyse_batch, 1, prepare=self._open_for_analysis, discard=_close
            ),
            **served(Embedding.text, self._embed_text),
            **served(Embedding.describe, self._describe),
            **served(Embedding.fits, self._fits),
        }

    def control(self) -> Mapping[str, Handler]:
        return {
            **served(PrivateWorker.load, lambda request, _: self._request("load", request)),
            **served(PrivateWorker.unload, lambda request, _: self._request("unload", request)),
        }

    def model(self) -> ModelState:
        life = self._life
        if life is None:
            return ModelState(self._spec.name, self._device, reason=self._unusable.message)
        reason = "" if life.error is None else life.error.message
        return ModelState(self._spec.name, self._device, life.loaded, life.memory_bytes, reason)

    def idle(self) -> None:
        if self._life is not None:
            self._life.idle()

    @property
    def _device(self) -> str:
        return self._adapter.device if self._adapter is not None else "cpu"

    def _parts(self) -> tuple[Adapter, Lifecycle, Batches]:
        if self._adapter is None or self._life is None or self._batches is None:
            raise type(self._unusable)(self._unusable.message, self._unusable.detail)
        return self._adapter, self._life, self._batches

    def _open(self, request: AudioRequest, call: Call) -> Prepared:
        """Decode ahead of the compute thread. Raises what `open_audio` raises."""
        adapter, _, _ = self._parts()
        return self._opened(request.path, request.duration, call, adapter.open_audio)

    def _opened(
        self, name: str | bytes, duration: float | None, call: Call, open_: Callable[[Path, float | None], Recording]
    ) -> Prepared:
        path = _absolute(name)
        began = time.time()
        try:
            recording = open_(path, duration)
        except MemoryError as error:
            raise OutOfMemory(f"{path.name} does not fit into memory") from error
        stages = Stages()
        ready = time.time()
        stages.add("decode", ready - began)
        stages.add("queue", max(began - call.received, 0.0))
        return Prepared(recording, stages, ready)

    def _embed_audio(self, calls: Sequence[Call]) -> Sequence[ReplyWithBlobs[EmbeddedAudio] | MeshError]:
        adapter, life, batches = self._parts()
        prepared: list[Prepared] = [call.prepared for call in calls]
        done: list[Embedded] = []
        try:
            with life.work():
                began = time.time()
                done = batches.embed([each.recording for each in prepared])
            share = (time.time() - began) / len(calls)
            for each in prepared:
                each.stages.add("queue", began - each.ready)
                each.stages.add("compute", share)
            return [_audio_reply(adapter, result, each.stages) for result, each in zip(done, prepared, strict=True)]
        finally:
            for recording in (*(each.recording for each in prepared), *(recording for recording, _ in done)):
                recording.close()

    def _open_for_analysis(self, request: AnalyseRequest, call: Call) -> Prepared:
        """Decode and analyse the signal ahead of the compute thread. Raises what `Adapter.analyse` raises."""
        adapter, _, _ = self._parts()
        return self._opened(request.path, request.duration, call, adapter.analyse)

    def _analyse_batch(self, calls: Sequence[Call]) -> Sequence[ReplyWithBlobs[AnalysedAudio] | MeshError]:
        return [self._analysed(call.prepared, read_request(AnalyseRequest, call.params)) for call in calls]

    def _analysed(self, prepared: Prepared, request: AnalyseRequest) -> ReplyWithBlobs[AnalysedAudio] | MeshError:
        adapter, life, _ = self._parts()
        recording = prepared.recording
        began = time.time()
        try:
            if request.tags:
                with life.work():
                    adapter.tags(recording)
        except Exception as error:  # noqa: BLE001  adapters may be third-party code
            return model_error(error, adapter)
        finally:
            recording.close()
        prepared.stages.add("compute", time.time() - began)
        seconds = AudioSeconds(**prepared.stages.seconds)
        analysis = recording.analysis or AudioAnalysis()
        return ReplyWithBlobs(AnalysedAudio(analysis=analysis, duration=recording.duration, seconds=seconds))

    def _embed_text(self, request: TextRequest, _call: Call) -> ReplyWithBlobs[EmbeddedTexts]:
        adapter, life, _ = self._parts()
        texts = request.texts
        side = self._text_side(adapter)
        if side.status == "unavailable":
            raise TextUnavailable(f"model {self._spec.name!r} cannot embed text: {side.reason}")
        if side.status == "stub":
            return _text_reply(adapter, stub_text(texts, adapter.dim), is_stub=True)
        with life.work():
            try:
                vectors = adapter.embed_text(texts)
            except Exception as error:  # noqa: BLE001  adapters may be third-party code
                raise model_error(error, adapter) from None
        return _text_reply(adapter, vectors, is_stub=False)

    def _text_side(self, adapter: Adapter) -> TextSide:
        side = adapter.text_side()
        if side.status == "unavailable" and self._settings.use_stubs:
            return TextSide("stub", side.reason)
        return side

    def _describe(self, _request: Nothing, _call: Call) -> Description:
        spec = self._spec
        said = Description(
            name=spec.name,
            dimension=spec.dimension,
            model_id="",
            text=spec.text,
            license=spec.license,
            description=spec.description,
            loaded=False,
            device=self._device,
            status="unavailable",
            reason="",
        )
        try:
            adapter, life, _ = self._parts()
            side = self._text_side(adapter)
            said = replace(said, dimension=adapter.dim, model_id=adapter.model_id, loaded=life.loaded)
            said = replace(said, analyses=adapter.analyses, tags=adapter.has_tags)
            text = side.status != "unavailable"
            said = replace(said, text=text, text_status=side.status, text_reason=side.reason)
            if not life.loaded:
                life.check()
        except MeshError as error:
            return replace(said, reason=error.message)
        if life.error is not None:
            return replace(said, reason=life.error.message)
        return replace(said, status="available")

    def _fits(self, request: FitsRequest, _call: Call) -> Fits:
        """Check whether `workers` workers of this model fit beside the models `beside` on this host."""
        adapter, _, _ = self._parts()
        adapter.check()
        uses = MemoryBudget(self._settings.run_dir).uses().values()
        return fit_beside(adapter, self._settings, uses, request.beside, request.workers)

    def _request(self, action: Action, request: LoadRequest) -> Accepted:
        _, life, _ = self._parts()
        life.request(action, request.reason)
        return Accepted()


def _close(call: Call) -> None:
    call.prepared.recording.close()


def _absolute(name: str | bytes) -> Path:
    """Return the path of a recording; bytes stand for a name that is not UTF-8. Raises `InvalidRequest`."""
    path = os.fsdecode(name)
    if not path.startswith("/"):
        raise InvalidRequest("path must be an absolute path on this host", {"field": "path"})
    return Path(path)


def _audio_reply(adapter: Adapter, embedded: Embedded, stages: Stages) -> ReplyWithBlobs[EmbeddedAudio] | MeshError:
    recording, row = embedded
    if isinstance(row, MeshError):
        return row
    reply = EmbeddedAudio(
        dim=len(row),
        model_id=adapter.model_id,
        duration=recording.duration,
        warning=recording.warning,
        warning_message=recording.warning_message,
        seconds=AudioSeconds(**stages.seconds),
        analysis=recording.analysis,
    )
    return ReplyWithBlobs(reply, [pack_vectors(row)])


def _text_reply(adapter: Adapter, vectors: Vectors, *, is_stub: bool) -> ReplyWithBlobs[EmbeddedTexts]:
    if vectors.ndim != 2 or vectors.shape[1] != adapter.dim or not np.isfinite(vectors).all():
        raise ModelFailed(f"model {adapter.spec.name!r} returned no usable vectors for the texts")
    reply = EmbeddedTexts(dim=adapter.dim, model_id=adapter.model_id, is_stub=is_stub)
    return ReplyWithBlobs(reply, [pack_vectors(vectors)])
