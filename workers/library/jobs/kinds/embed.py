"""`embed`: makes the vectors that are missing."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from contract.errors import InvalidRequest, ModelUnavailable, NavidromeUnavailable
from contract.jobs import EMBED, JobStatus, StartRequest
from contract.warnings import Warned
from workers.library.catalogue.navidrome_watcher import READY, NavidromeWatcher
from workers.library.jobs.automatic import AutomaticJobs
from workers.library.jobs.backoff import Wait
from workers.library.jobs.choice import choose_models
from workers.library.jobs.context import Context, JobFailed
from workers.library.jobs.generations import discard
from workers.library.jobs.kinds.kind import JobMaker, Kind
from workers.library.jobs.pipeline import Pipeline
from workers.library.jobs.pipeline_runner import PipelineRunner
from workers.library.jobs.planner import Planner
from workers.library.jobs.progress import TrackProgress
from workers.library.jobs.records import ACTIVE, COMPLETED, COMPLETED_WITH_ERRORS, EmbedOptions, Job
from workers.library.jobs.unavailable_files import UnavailableFiles
from workers.library.jobs.work import Work
from workers.models.registry import FOREIGN_MODELS, MODELS


class Embed(Kind[StartRequest]):
    """Starts automatically for tracks that are new, changed or due again, unless the settings disable that."""

    name = EMBED
    options = StartRequest

    def __init__(self, context: Context, watcher: NavidromeWatcher) -> None:
        self._context = context
        self._watcher = watcher
        self._automatic = AutomaticJobs(context)
        self._away = UnavailableFiles(
            context.state, context.catalogue, context.settings.models, watcher.locate, self.look
        )

    def start(self) -> None:
        self._away.start()

    def stop(self) -> None:
        self._away.stop()

    def look(self) -> None:
        """Check for work after a change of the library, for the running job or a new one."""
        self._automatic.look()
        self._context.control.tell_news()

    def begin(self, request: StartRequest, scheduler: JobMaker) -> tuple[Job, list[Warned]]:
        """Create a job with the models that can be used; the others become warnings.

        `stand_in`: if none of the requested models can be used or is enabled, the enabled ones embed what they lack.
        Raises `InvalidRequest`, `Conflict`, `ModelUnavailable` if no model is left, `NavidromeUnavailable`.
        """
        enabled = self._context.settings.models
        models = _known_models(request.models or enabled, accept_foreign=request.stand_in)
        if request.clear_existing and request.track_ids is not None:
            raise InvalidRequest("clear_existing applies to all tracks, not to some track_ids", {"field": "track_ids"})
        choice = choose_models(self._context.client, models, enabled, stand_in=request.stand_in)
        ids = self._known_tracks(request.track_ids)
        if choice.replaced and (running := scheduler.join_automatic(self.name, choice.message)) is not None:
            return running, choice.warnings
        self._check_library()
        if not choice.usable:
            scheduler.check_idle(self.name)
            raise ModelUnavailable("; ".join(warned.message for warned in choice.warnings))
        scheduler.replace_waiting(self.name, self._rest)
        scheduler.check_idle(self.name)
        clear = request.clear_existing and not choice.replaced
        options = EmbedOptions(choice.usable, clear, request.retry_failed, ids, note=choice.message)
        return scheduler.create(self, options.packed()), choice.warnings

    def _known_tracks(self, track_ids: Sequence[str] | None) -> tuple[str, ...] | None:
        if track_ids is None:
            return None
        return tuple(entry.id for entry in self._context.catalogue.entries(track_ids))

    def _check_library(self) -> None:
        if self._watcher.state != READY and not any(self._context.catalogue.counts()):
            raise NavidromeUnavailable(self._watcher.reason)

    def due(self, *, fresh: bool) -> Mapping[str, Any] | None:
        models = self._automatic.due()
        return EmbedOptions(tuple(models), automatic=True).packed() if models else None

    def tally(self, job: Job) -> TrackProgress:
        return TrackProgress(EmbedOptions.of(job).models)

    def run(self, work: Work) -> JobStatus:
        planners = self._planners(work)
        for planner in planners:
            planner.prepare()
        work.begin()
        progress = _progress(work)
        pipelines = [Pipeline(work.context, work.job.id, planner, progress) for planner in planners]
        grows = self._context.settings.auto_embed and EmbedOptions.of(work.job).track_ids is None
        problems = PipelineRunner(
            work.context, pipelines, progress, work.tick, grows=grows, rests=lambda: self._rest(work.job)
        ).run()
        if problems:
            raise JobFailed("; ".join(problems))
        return COMPLETED_WITH_ERRORS if progress.has_errors else COMPLETED

    def _rest(self, job: Job) -> Wait | None:
        """Return why a job starts nothing new now: it is automatic, and it is outside the hours.

        A job for some tracks only stores what is computed already.
        """
        hours = self._context.settings.hours
        if hours is None or not job.automatic or EmbedOptions.of(job).track_ids is not None:
            return None
        return hours.wait(time.time())

    def abandon(self, work: Work) -> None:
        """Drop what was built beside the vectors in service."""
        for planner in self._planners(work):
            planner.count()
        discard(work.context, work.job)

    def over(self, job: Job) -> None:
        self._automatic.rest_after(job)

    def waits(self, status: JobStatus) -> Wait | None:
        return None if status in ACTIVE else self._away.wait

    def _planners(self, work: Work) -> list[Planner]:
        models = EmbedOptions.of(work.job).models
        return [Planner(work.context, work.job, model, _progress(work), self._watcher.locate) for model in models]


def _progress(work: Work) -> TrackProgress:
    assert isinstance(work.tally, TrackProgress)
    return work.tally


def _known_models(asked: Sequence[str], *, accept_foreign: bool) -> list[str]:
    models = list(dict.fromkeys(asked))
    accepted = {*MODELS, *(FOREIGN_MODELS if accept_foreign else ())}
    unknown = [model for model in models if model not in accepted]
    if unknown:
        raise InvalidRequest(
            f"models: unknown {', '.join(unknown)}; known are {', '.join(MODELS)}", {"field": "models"}
        )
    return models
