"""The operations `batch.*`, `jobs.*` and `models.describe`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from contract.errors import InvalidRequest
from contract.jobs import EMBED, Failures, FailuresRequest, History, JobState, Started, StartJobRequest, StartRequest
from contract.library import KnownModel, KnownModels, Library
from contract.message import Message
from contract.reading import read_request
from workers.library.jobs.context import Context
from workers.library.jobs.failures import failures
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.scheduler import Scheduler
from workers.models.registry import FOREIGN_MODELS, MODELS
from workers.runtime.service import Handler
from workers.runtime.serving import served

#: How many jobs the history lists.
HISTORY: Final = 100


class JobOperations:
    """Handles the operations on jobs."""

    def __init__(self, context: Context, scheduler: Scheduler) -> None:
        self._context = context
        self.scheduler = scheduler

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
        """Start a job that embeds; see `Embed.begin`."""
        return self._begin(self.scheduler.kind(EMBED), request)

    def begin(self, request: StartJobRequest) -> Started:
        """Start a job of any kind. Raises `InvalidRequest` for options that the kind does not have, `Conflict`."""
        kind = self.scheduler.kind(request.kind)
        try:
            return self._begin(kind, read_request(kind.options, request.options))
        except InvalidRequest as error:
            named = error.detail.get("field") if isinstance(error.detail, dict) else None
            field = f"options.{named}" if named else "options"
            prefixed = named and error.message.startswith(f"{named}: ")
            raise InvalidRequest(f"options.{error.message}" if prefixed else error.message, {"field": field}) from None

    def _begin(self, kind: Kind[Any], request: Message) -> Started:
        job, warnings = kind.begin(request, self.scheduler)
        return Started(job_id=job.id, warnings=warnings)

    def failures(self, request: FailuresRequest) -> Failures:
        """Return one page of the failed tracks, of the vectors in service."""
        state, offset, limit = self._context.state, request.offset, request.limit
        total, page = failures(state, offset, limit, warnings=request.warnings, failed=request.failures)
        return Failures(total=total, failures=page)

    def history(self) -> History:
        """Return the jobs of all kinds, newest first."""
        return History(jobs=self.scheduler.history(HISTORY))


def operations(batch: Callable[[], JobOperations]) -> dict[str, Handler]:
    """Return the handlers by name. `batch` is available once the worker has started."""

    def scheduler() -> Scheduler:
        return batch().scheduler

    return {
        **served(Library.models, lambda *_: batch().describe_models()),
        **served(Library.start_job, lambda request, _: batch().start(request)),
        **served(Library.failures, lambda request, _: batch().failures(request)),
        **served(Library.jobs, lambda *_: batch().history()),
        **served(Library.begin_job, lambda request, _: batch().begin(request)),
        **served(Library.progress, lambda *_: scheduler().progress()),
        **served(Library.job, lambda request, _: scheduler().job(request.job_id)),
        **served(Library.pause, lambda *_: JobState(status=scheduler().pause(EMBED).status)),
        **served(Library.resume, lambda *_: JobState(status=scheduler().resume(EMBED).status)),
        **served(Library.cancel, lambda *_: JobState(status=scheduler().cancel(EMBED).status)),
        **served(Library.pause_job, lambda request, _: JobState(status=scheduler().pause(request.kind).status)),
        **served(Library.resume_job, lambda request, _: JobState(status=scheduler().resume(request.kind).status)),
        **served(Library.cancel_job, lambda request, _: JobState(status=scheduler().cancel(request.kind).status)),
    }
