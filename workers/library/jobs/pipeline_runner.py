"""The turns of a job's models: side by side if they fit the device together, else one after the other."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from typing import Final

from contract.embedding import FitsRequest, embedding_service
from contract.errors import MeshError
from contract.message import Nothing
from contract.operation import INTERACTIVE
from workers.library.jobs.backoff import Wait
from workers.library.jobs.context import Context, Interrupted, JobFailed
from workers.library.jobs.control import TICK_SECONDS
from workers.library.jobs.pipeline import Pipeline
from workers.library.jobs.progress import TrackProgress

#: Seconds between two looks at the clock of a job that rests.
REST_SECONDS: Final = 1.0
#: Seconds that the broker may take to name a model's workers, and one of them to say whether it fits. Short: neither
#: has other work, and the models at work must not wait.
ANSWER_SECONDS: Final = 0.5
#: Seconds before asking again whether a model fits beside those at work.
ASK_AGAIN_SECONDS: Final = 2.0
#: Minimum seconds between two times that the models at work give way to a reopened one: each time costs a load.
GIVE_WAY_SECONDS: Final = 600.0


class PipelineRunner:
    """Runs the models of a job in its thread, in turns. Calls `tick` several times a second.

    A model waits, is at work, or is over (through or failed). A model starts only if it fits beside those at work; if
    it still finds no room, it waits until one of them is over. So no model takes another's memory.
    """

    def __init__(
        self,
        context: Context,
        pipelines: Sequence[Pipeline],
        progress: TrackProgress,
        tick: Callable[[], None],
        *,
        grows: bool,
        rests: Callable[[], Wait | None] = lambda: None,
    ) -> None:
        """`grows`: take up tracks that are found during the job. `rests`: why it starts nothing new now, if so."""
        self._context = context
        self._pipelines = list(pipelines)
        self._progress = progress
        self._tick = tick
        self._grows = grows
        self._rests = rests
        self._rest: Wait | None = None
        self._at_work: list[Pipeline] = []
        self._begun: dict[Pipeline, Generator[None]] = {}
        self._problems: dict[Pipeline, str] = {}
        #: Models that found no room although they should have: retried once another model is over.
        self._crowded: set[Pipeline] = set()
        self._interrupted = False
        self._ask_at = self._give_way_at = 0.0

    def run(self) -> list[str]:
        """Work until all models are over; return why models failed. Raises `Interrupted`, `MeshError`."""
        try:
            while self._waiting() or self._begun:
                if self._context.control.interrupted and not self._begun:
                    raise Interrupted
                self._look_at_the_clock()
                self._look()
                for pipeline in list(self._begun):
                    self._step(pipeline)
                self._tell()
                if self._begun:
                    self._context.control.wait(REST_SECONDS if self._rest else TICK_SECONDS)
        finally:
            self._context.control.resting = False
            for work in self._begun.values():
                work.close()
        if self._interrupted:
            raise Interrupted
        return list(self._problems.values())

    def _look_at_the_clock(self) -> None:
        self._rest = self._rests()
        self._context.control.resting = self._rest is not None

    def _waiting(self) -> list[Pipeline]:
        """Return the pipelines that wait for their turn; those that have only news go first."""
        if self._interrupted:
            return []
        over = {*self._at_work, *self._problems}
        return sorted(
            (pipeline for pipeline in self._pipelines if pipeline not in over and not pipeline.planner.through),
            key=lambda pipeline: not pipeline.planner.reopened,
        )

    def _look(self) -> None:
        """Take up new tracks; decide who has to wait and who may begin."""
        if self._context.control.interrupted:
            return
        if self._grows and self._context.control.take_news():
            for pipeline in self._pipelines:
                if pipeline not in self._problems:
                    pipeline.take_up()
        for pipeline in list(self._at_work):
            if pipeline.model.short_of_memory and len(self._at_work) > 1:
                self._crowded.add(pipeline)
                self._hold(pipeline)
        self._admit(self._waiting())
        for pipeline in self._at_work:
            pipeline.model.beside_others = len(self._at_work) > 1

    def _admit(self, waiting: Sequence[Pipeline]) -> None:
        if not waiting:
            return
        if not self._at_work:
            self._begin(waiting[0])
        elif time.monotonic() >= self._ask_at and not self._context.control.idle:
            self._ask_at = time.monotonic() + ASK_AGAIN_SECONDS
            for pipeline in waiting:
                fits = None if pipeline in self._crowded else self._fits(pipeline)
                if fits or (fits is False and self._may_give_way(pipeline)):
                    self._begin(pipeline)
                    return

    def _fits(self, pipeline: Pipeline) -> bool | None:
        loaded = [other.planner.model for other in self._at_work if other.model.settled]
        others = [other.planner.model for other in self._at_work if not other.model.settled]
        return _fits_beside(self._context, pipeline.planner.model, loaded, others)

    def _may_give_way(self, pipeline: Pipeline) -> bool:
        """Return whether the models at work were put on hold for a pipeline that has only news left.

        News must not wait until another model has been through the whole library.
        """
        now = time.monotonic()
        if (
            not pipeline.planner.reopened
            or any(other.planner.reopened for other in self._at_work)
            or now < self._give_way_at
        ):
            return False
        self._give_way_at = now + GIVE_WAY_SECONDS
        for other in list(self._at_work):
            self._hold(other)
        return True

    def _begin(self, pipeline: Pipeline) -> None:
        """Start or continue the pipeline's turn."""
        self._at_work.append(pipeline)
        self._progress.models[pipeline.planner.model].at_work = True
        if pipeline in self._begun:
            pipeline.hold(on=False)
        else:
            self._begun[pipeline] = pipeline.work()

    def _hold(self, pipeline: Pipeline) -> None:
        """Make the pipeline wait; requests in flight finish."""
        pipeline.hold(on=True)
        self._leave(pipeline)
        self._ask_at = time.monotonic() + ASK_AGAIN_SECONDS

    def _step(self, pipeline: Pipeline) -> None:
        """Let one pipeline do what it can do now."""
        try:
            next(self._begun[pipeline])
            return
        except StopIteration:
            pass
        except JobFailed as error:  # other models may still succeed
            self._problems[pipeline] = f"{pipeline.planner.model}: {error}"
        except Interrupted:
            self._interrupted = True
        del self._begun[pipeline]
        self._leave(pipeline)
        self._crowded.clear()
        self._ask_at = 0.0

    def _leave(self, pipeline: Pipeline) -> None:
        if pipeline in self._at_work:
            self._at_work.remove(pipeline)
        self._progress.models[pipeline.planner.model].at_work = False

    def _tell(self) -> None:
        waits = [pipeline.waits for pipeline in self._at_work if pipeline.waits is not None]
        self._progress.message = "; ".join(dict.fromkeys(wait.reason for wait in waits))
        self._progress.waits = waits[0] if waits and len(waits) == len(self._at_work) else None
        if self._rest is not None:
            self._progress.message, self._progress.waits = self._rest.reason, self._rest
        self._tick()


def _fits_beside(context: Context, model: str, loaded: Sequence[str], others: Sequence[str]) -> bool | None:
    """Return whether all workers of `model` fit while the models `loaded` and `others` stay.

    None if that is unknown: no worker is there, one is busy, or one of `others` has not taken its memory yet. Raises
    `Interrupted`.
    """
    service = embedding_service(model)
    try:
        listed = context.ask(context.broker.workers, Nothing(), timeout=ANSWER_SECONDS, lane=INTERACTIVE).workers
        hosts = Counter(worker.host for worker in listed if worker.service == service)
        if not hosts:
            return None
        request = FitsRequest(beside=[*loaded, *others], workers=max(hosts.values()))
        answer = context.ask(context.embedding(model).fits, request, timeout=ANSWER_SECONDS, lane=INTERACTIVE)
    except MeshError:
        return None
    if answer.fits and answer.needs_bytes and not set(others) <= set(answer.seen):
        return None
    return answer.fits
