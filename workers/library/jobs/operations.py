"""The operations `batch.*` and `models.describe`."""

from __future__ import annotations

from typing import Any, Final

from contract.errors import InvalidRequest, ModelUnavailable, NavidromeUnavailable, NotFound
from workers.library.catalogue.follower import READY, Follower
from workers.library.jobs.choice import Choice, choose_models
from workers.library.jobs.context import Context
from workers.library.jobs.engine import JobEngine
from workers.library.jobs.failures import failures
from workers.library.jobs.records import Job, Options
from workers.library.jobs.report import as_known, brief
from workers.library.params import Params
from workers.models.registry import FOREIGN_MODELS, MODELS

#: Jobs that the history lists.
HISTORY: Final = 100
#: Failures of one page: unasked, and at most.
PAGE: Final = 100
MAX_PAGE: Final = 10_000


class Batch:
    """Answers what people ask of jobs."""

    def __init__(self, context: Context, engine: JobEngine, follower: Follower) -> None:
        self._context = context
        self._engine = engine
        self._follower = follower

    def describe_models(self, _params: Params) -> dict[str, Any]:
        """Every known model, running or not."""
        settings = self._context.settings
        described = [
            {
                "name": model.name,
                "dimension": model.dimension,
                "text": model.text,
                "license": model.license,
                "description": model.description,
                "enabled": model.name in settings.models,
            }
            for model in MODELS.values()
        ]
        return {"models": described, "default_model": settings.default_model, "foreign": sorted(FOREIGN_MODELS)}

    def start(self, params: Params) -> dict[str, Any]:
        """Start a job with the models that can be used; the others are warnings.

        `stand_in`: where none of those asked for can be used, nor is enabled, the enabled ones embed what they lack.
        Raises `InvalidRequest`, `Conflict`, `ModelUnavailable` where none is left, `NavidromeUnavailable`.
        """
        stand_in = params.flag("stand_in")
        models = self._models(params, accept_foreign=stand_in)
        track_ids = params.optional_texts("track_ids")
        clear, retry = params.flag("clear_existing"), params.flag("retry_failed")
        if clear and track_ids is not None:
            raise InvalidRequest("clear_existing goes for all tracks, not for track_ids", {"field": "track_ids"})
        choice = choose_models(self._context.client, models, self._context.settings.models, stand_in=stand_in)
        ids = None if track_ids is None else tuple(entry.id for entry in self._context.catalogue.entries(track_ids))
        if choice.replaced and (running := self._engine.join_automatic(choice.message)) is not None:
            return _started(running, choice)
        self._engine.check_idle()
        self._check_library()
        if not choice.usable:
            raise ModelUnavailable("; ".join(choice.warnings))
        options = Options(choice.usable, clear and not choice.replaced, retry, ids, note=choice.message)
        return _started(self._engine.start_job(options), choice)

    def _models(self, params: Params, *, accept_foreign: bool) -> list[str]:
        models = list(dict.fromkeys(params.optional_texts("models") or self._context.settings.models))
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

    def progress(self, _params: Params) -> dict[str, Any]:
        return self._engine.progress()

    def failures(self, params: Params) -> dict[str, Any]:
        """One page of the tracks that failed, of the vectors in service."""
        offset = params.integer("offset", 0, 0, 2**53)
        limit = params.integer("limit", PAGE, 1, MAX_PAGE)
        total, found = failures(self._context.state, offset, limit, warnings=params.flag("warnings"))
        return {"total": total, "failures": found}

    def pause(self, _params: Params) -> dict[str, Any]:
        return {"status": self._engine.pause().status}

    def resume(self, _params: Params) -> dict[str, Any]:
        return {"status": self._engine.resume().status}

    def cancel(self, _params: Params) -> dict[str, Any]:
        return {"status": self._engine.cancel().status}

    def history(self, _params: Params) -> dict[str, Any]:
        """The jobs, newest first."""
        return {"jobs": [brief(job) for job in self._context.jobs.history(HISTORY)]}

    def job(self, params: Params) -> dict[str, Any]:
        """One job. Raises `NotFound`."""
        job_id = params.text("job_id")
        current = self._engine.progress()
        if current.get("job_id") == job_id:
            return current
        job = self._context.jobs.get(job_id)
        if job is None:
            raise NotFound(f"no job has the id {job_id!r}")
        return as_known(job)


def _started(job: Job, choice: Choice) -> dict[str, Any]:
    return {"status": "started", "job_id": job.id, "warnings": choice.warnings}
