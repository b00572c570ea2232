"""The operations `batch.*` and `models.describe`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from contract.errors import InvalidRequest, ModelUnavailable, NavidromeUnavailable, NotFound
from contract.jobs import (
    Failures,
    FailuresRequest,
    History,
    JobRequest,
    JobState,
    Progress,
    Started,
    StartRequest,
)
from contract.library import KnownModel, KnownModels, Library
from workers.library.catalogue.follower import READY, Follower
from workers.library.jobs.choice import Choice, choose_models
from workers.library.jobs.context import Context
from workers.library.jobs.engine import JobEngine
from workers.library.jobs.failures import failures
from workers.library.jobs.records import Job, Options
from workers.library.jobs.report import as_known, brief
from workers.models.registry import FOREIGN_MODELS, MODELS
from workers.runtime.service import Operation
from workers.runtime.serving import served

#: Jobs that the history lists.
HISTORY: Final = 100


class Batch:
    """Answers what people ask of jobs."""

    def __init__(self, context: Context, engine: JobEngine, follower: Follower) -> None:
        self._context = context
        self._engine = engine
        self._follower = follower

    def describe_models(self) -> KnownModels:
        """Every known model, running or not."""
        settings = self._context.settings
        described = [
            KnownModel(
                name=model.name,
                dimension=model.dimension,
                text=model.text,
                license=model.license,
                description=model.description,
                enabled=model.name in settings.models,
            )
            for model in MODELS.values()
        ]
        return KnownModels(models=described, default_model=settings.default_model, foreign=sorted(FOREIGN_MODELS))

    def start(self, request: StartRequest) -> Started:
        """Start a job with the models that can be used; the others are warnings.

        `stand_in`: where none of those asked for can be used, nor is enabled, the enabled ones embed what they lack.
        Raises `InvalidRequest`, `Conflict`, `ModelUnavailable` where none is left, `NavidromeUnavailable`.
        """
        enabled = self._context.settings.models
        models = self._models(request.models or enabled, accept_foreign=request.stand_in)
        if request.clear_existing and request.track_ids is not None:
            raise InvalidRequest("clear_existing goes for all tracks, not for track_ids", {"field": "track_ids"})
        choice = choose_models(self._context.client, models, enabled, stand_in=request.stand_in)
        ids = self._known(request.track_ids)
        if choice.replaced and (running := self._engine.join_automatic(choice.message)) is not None:
            return _started(running, choice)
        self._engine.check_idle()
        self._check_library()
        if not choice.usable:
            raise ModelUnavailable("; ".join(warned.message for warned in choice.warnings))
        clear = request.clear_existing and not choice.replaced
        options = Options(choice.usable, clear, request.retry_failed, ids, note=choice.message)
        return _started(self._engine.start_job(options), choice)

    def _known(self, track_ids: Sequence[str] | None) -> tuple[str, ...] | None:
        if track_ids is None:
            return None
        return tuple(entry.id for entry in self._context.catalogue.entries(track_ids))

    def _models(self, asked: Sequence[str], *, accept_foreign: bool) -> list[str]:
        models = list(dict.fromkeys(asked))
        accepted = {*MODELS, *(FOREIGN_MODELS if accept_foreign else ())}
        unknown = [model for model in models if model not in accepted]
        if unknown:
            raise InvalidRequest(
                f"models: unknown {', '.join(unknown)}; known are {', '.join(MODELS)}", {"field": "models"}
            )
        return models

    def _check_library(self) -> None:
        if self._follower.state != READY and not any(self._context.catalogue.counts()):
            raise NavidromeUnavailable(self._follower.reason)

    def progress(self) -> Progress:
        return self._engine.progress()

    def failures(self, request: FailuresRequest) -> Failures:
        """One page of the tracks that failed, of the vectors in service."""
        total, found = failures(self._context.state, request.offset, request.limit, warnings=request.warnings)
        return Failures(total=total, failures=found)

    def pause(self) -> JobState:
        return JobState(status=self._engine.pause().status)

    def resume(self) -> JobState:
        return JobState(status=self._engine.resume().status)

    def cancel(self) -> JobState:
        return JobState(status=self._engine.cancel().status)

    def history(self) -> History:
        """The jobs, newest first."""
        return History(jobs=[brief(job) for job in self._context.jobs.history(HISTORY)])

    def job(self, request: JobRequest) -> Progress:
        """One job. Raises `NotFound`."""
        current = self._engine.progress()
        if current.job_id == request.job_id:
            return current
        job = self._context.jobs.get(request.job_id)
        if job is None:
            raise NotFound(f"no job has the id {request.job_id!r}")
        return as_known(job)


def operations(batch: Callable[[], Batch]) -> dict[str, Operation]:
    """The table of them. `batch` is there once the worker has started."""
    return {
        **served(Library.models, lambda *_: batch().describe_models()),
        **served(Library.start_job, lambda request, _: batch().start(request)),
        **served(Library.progress, lambda *_: batch().progress()),
        **served(Library.failures, lambda request, _: batch().failures(request)),
        **served(Library.pause, lambda *_: batch().pause()),
        **served(Library.resume, lambda *_: batch().resume()),
        **served(Library.cancel, lambda *_: batch().cancel()),
        **served(Library.jobs, lambda *_: batch().history()),
        **served(Library.job, lambda request, _: batch().job(request)),
    }


def _started(job: Job, choice: Choice) -> Started:
    return Started(job_id=job.id, warnings=choice.warnings)
