"""One model of a job, planned or taken up again, up to its generation in service."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from broker.errors import MeshError
from workers.library.jobs.books import Books
from workers.library.jobs.context import Context, Interrupted, JobFailed
from workers.library.jobs.generations import generation_name, put_into_service
from workers.library.jobs.items import LONG_SECONDS, Item, WorkQueue
from workers.library.jobs.model_run import ModelRun
from workers.library.jobs.planner import FINAL_CODES, Rule, plan
from workers.library.jobs.progress import Progress
from workers.library.jobs.reconcile import reconcile
from workers.library.state.catalogue import Entry
from workers.library.state.failures import failures
from workers.library.state.jobs import PLANNED, THROUGH, Job, Part
from workers.library.state.ledger import FAILED, PENDING, Ledger

#: Seconds that a model may take to say its id when a job begins.
DESCRIBE_SECONDS: Final = 5.0
#: Seconds of work after which a speed is worth remembering.
MEASURED_SECONDS: Final = 5.0


class PartRun:
    """One model of `job`. `locate` gives a track's path on this host; `tick` tells the progress."""

    def __init__(
        self,
        context: Context,
        job: Job,
        model: str,
        progress: Progress,
        locate: Callable[[Entry], str],
        tick: Callable[[], None],
    ) -> None:
        self._context = context
        self._job = job
        self._model = model
        self._progress = progress
        self._locate = locate
        self._tick = tick
        self._clock = time.monotonic()
        self._model_id = ""
        self._kept = next((part for part in context.jobs.parts(job.id) if part.model == model), None)
        self._part = self._kept or self._new_part()
        self._ledger = Ledger(context.state, model, self._part.generation)

    def prepare(self) -> None:
        """Plan, unless that was done before, and count. Raises `Interrupted`."""
        if self._part.phase == PLANNED:
            reconcile(self._context, self._ledger, self._target, self._job.id)
            self._model_id = self._ask_model_id()
        if self._kept is None:
            with self._context.state.write():
                self._plan()
                self._context.jobs.put_part(self._job.id, self._part)
        self.count()

    def count(self) -> None:
        """Take over what the ledger says of this job: the same whether it begins or goes on."""
        progress, model = self._progress, self._model
        counts = progress.models[model]
        counts.seconds, counts.speed = self._part.seconds, self._context.models.get(model).speed
        listed = failures(self._context.state, 0, -1, warnings=False, job_id=self._job.id)[1]
        bad = {failure["track_id"]: failure for failure in listed if failure["model"] == model}
        for track_id, state, duration, warning in self._ledger.of_job(self._job.id):
            progress.add(model, track_id, duration)
            if state == FAILED:
                progress.failed(model, track_id, duration, bad.get(track_id, {"track_id": track_id, "model": model}))
            elif state != PENDING:
                progress.done(model, track_id, duration, warning=bool(warning))

    def run(self) -> str:
        """Embed what is left and put a new generation into service; "" or why this model did not get there.

        Raises `Interrupted`, `MeshError`.
        """
        if self._part.phase == THROUGH:
            return ""
        try:
            self._finish()
        except JobFailed as error:  # the other models may do better
            return f"{self._model}: {error}"
        return ""

    def _finish(self) -> None:
        if self._part.phase == PLANNED:
            known = self._model_id
            self._embed()
            if self._model_id not in {"", known} and self._plan():  # only its first vector told that it is another
                for entry, _ in self._ledger.pending(self._job.id, -math.inf, math.inf):
                    self._progress.add(self._model, entry.id, entry.duration)
                self._embed()
            if not self._job.options.clear_existing:
                self._drop_stale()
        if self._job.options.clear_existing:
            put_into_service(self._context, self._job, self._part)
        else:
            self._part = replace(self._part, phase=THROUGH)
            self._context.jobs.put_part(self._job.id, self._part)

    def _embed(self) -> None:
        self._clock = time.monotonic()
        run = ModelRun(
            self._context,
            self._ledger,
            Books(self._context, self._job.id, self._part, self._ledger, self._progress),
            WorkQueue(self._items(LONG_SECONDS, math.inf), self._items(-math.inf, LONG_SECONDS)),
            generation=self._target,
            model_id=self._model_id,
            tick=self._told,
        )
        through = run.run()
        self._model_id = run.model_id
        self._remember()
        if not through:
            raise Interrupted

    def _items(self, least: float, most: float) -> Iterator[Item]:
        """What is left, of tracks of `least` to below `most` seconds."""
        for entry, row in self._ledger.pending(self._job.id, least, most):
            yield Item(entry, row, self._locate(entry), entry.audio_id)

    def _drop_stale(self) -> None:
        """A file that is no music any more must not be found by what it was."""
        if stale := self._ledger.stale(FINAL_CODES):
            self._context.call_patiently("search", "vectors.delete", {"track_ids": stale, "model": self._model})
            self._ledger.forget_vectors(stale, self._job.id)

    def _told(self, current: str, reason: str) -> None:
        now = time.monotonic()
        if not self._context.control.paused and not reason:  # waiting is no work
            self._progress.models[self._model].seconds += now - self._clock
        self._clock = now
        self._progress.current_track, self._progress.message = current, reason
        self._tick()

    def _new_part(self) -> Part:
        generation = self._context.models.get(self._model).generation
        return Part(self._model, generation_name(self._job) if self._job.options.clear_existing else generation)

    @property
    def _target(self) -> str | None:
        """The generation as the store is told: None is the one in service."""
        return self._part.generation if self._job.options.clear_existing else None

    def _plan(self) -> int:
        rule = Rule(self._job.options, self._model_id, time.time(), self._context.jobs.cancelled())
        return plan(self._ledger, rule, self._job.id)

    def _ask_model_id(self) -> str:
        """The id of the model as it is now; what it was last where the model does not say."""
        known = self._context.models.get(self._model).model_id
        try:
            described = self._context.call(f"embed.{self._model}", "model.describe", timeout=DESCRIBE_SECONDS).result
        except MeshError:
            return known
        return str(described.get("model_id") or known)

    def _remember(self) -> None:
        """Keep the model's id and its speed for the next job."""
        counts = self._progress.models[self._model]
        memory = self._context.models.get(self._model)
        speed = counts.measured_speed if counts.seconds >= MEASURED_SECONDS else memory.speed
        self._context.models.put(replace(memory, model_id=self._model_id or memory.model_id, speed=speed))
