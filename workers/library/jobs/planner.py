"""The work of a job with one model, from the plan to the generation in service."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from contract.errors import MeshError
from contract.jobs import Failure
from contract.message import Nothing
from contract.search import DeleteRequest
from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.context import Context
from workers.library.jobs.due import FINAL_CODES, DueRule, plan, plan_news
from workers.library.jobs.failures import failures
from workers.library.jobs.generations import generation_name, put_into_service
from workers.library.jobs.items import LONG_SECONDS, Item, WorkQueue
from workers.library.jobs.ledger import FAILED, PENDING, Ledger, LedgerRow
from workers.library.jobs.progress import TrackProgress
from workers.library.jobs.reconcile import reconcile
from workers.library.jobs.records import PLANNED, THROUGH, EmbedOptions, Job, JobModel
from workers.library.state.database import StateUnavailable

#: Seconds that a model may take to report its id when a job begins.
DESCRIBE_SECONDS: Final = 5.0
#: Seconds of work after which the measured speed is worth keeping.
MEASURED_SECONDS: Final = 5.0
#: Most new tracks to embed before all others; more than this is not an album but the library itself.
MOST_FIRST: Final = 500


class Planner:
    """Plans one model of `job`, or continues its plan. `locate` returns a track's path on this host."""

    def __init__(
        self, context: Context, job: Job, model: str, progress: TrackProgress, locate: Callable[[CatalogueTrack], str]
    ) -> None:
        self._context = context
        self._job = job
        self.options = EmbedOptions.of(job)
        self.model = model
        self._progress = progress
        self._locate = locate
        #: Tracks that go before the others, and whether the work may have passed some of the other new tracks.
        self._first: set[str] = set()
        self._left_behind = False
        #: Whether the model was through and then got new tracks to embed.
        self.reopened = False
        #: The model's current id, "" if unknown, and the id that the plan was made with.
        self.model_id = self._planned_id = ""
        self._kept = next((part for part in context.jobs.parts(job.id) if part.model == model), None)
        self.part = self._kept or self._new_part()
        self.ledger = Ledger(context.state, model, self.part.generation)

    def _new_part(self) -> JobModel:
        generation = self._context.models.get(self.model).generation
        return JobModel(self.model, generation_name(self._job) if self.options.clear_existing else generation)

    @property
    def target(self) -> str | None:
        """The generation to name in requests to the store: None is the one in service."""
        return self.part.generation if self.options.clear_existing else None

    @property
    def afresh(self) -> str:
        """The id of the job if it redoes tracks that have a warning, else ""."""
        return self._job.id if self.options.retry_failed else ""

    @property
    def planned(self) -> bool:
        """Whether there may be tracks left to embed."""
        return self.part.phase == PLANNED

    @property
    def through(self) -> bool:
        return self.part.phase == THROUGH

    def prepare(self) -> None:
        """Plan, unless that is done already, and count. Raises `Interrupted`."""
        if self.planned:
            reconcile(self._context, self.ledger, self.target, self._job.id)
            self.model_id = self._planned_id = self._ask_model_id()
        if self._kept is None:
            with self._context.state.write():
                self._plan()
                self._context.jobs.put_part(self._job.id, self.part)
        self.count()

    def count(self) -> None:
        """Load the counts of this job from the ledger; the same for a new and for a continued job."""
        progress, model = self._progress, self.model
        counts = progress.models[model]
        counts.seconds, counts.speed = self.part.seconds, self._context.models.get(model).speed
        listed = failures(self._context.state, 0, -1, warnings=False, job_id=self._job.id)[1]
        bad = {failure.track_id: failure for failure in listed if failure.model == model}
        for track_id, state, duration, warning in self.ledger.of_job(self._job.id):
            progress.add(model, track_id, duration)
            if state == FAILED:
                progress.failed(model, track_id, duration, bad.get(track_id, Failure(track_id=track_id, model=model)))
            elif state != PENDING:
                progress.done(model, track_id, duration, warning=bool(warning), computed=self.part.seconds > 0)

    def queue(self) -> WorkQueue:
        """Return what is left, news first."""
        self._left_behind = False
        queue = WorkQueue(self._items(LONG_SECONDS, math.inf), self._items(-math.inf, LONG_SECONDS))
        queue.first(self._news(list(self._first)))
        return queue

    def more(self) -> bool:
        """Return whether another queue follows the one that is finished.

        Only a first vector may reveal that the model is not the one that the plan was made with.
        """
        self._first.clear()
        if self.model_id not in {"", self._planned_id}:
            self._planned_id = self.model_id
            if self._plan():
                for entry, _ in self.ledger.pending(self._job.id, -math.inf, math.inf):
                    self._progress.add(self.model, entry.id, entry.duration)
                return True
        return self._left_behind

    def take_up(self) -> list[Item]:
        """Add tracks that are new or changed since the plan; return those to embed first."""
        if not self.planned and (self.options.clear_existing or not self.through):
            return []  # its generation is in service or about to be: the next job takes them
        ids = plan_news(self.ledger, self._rule(), self._job.id)
        if not ids:
            return []
        for entry in self._context.catalogue.entries(ids):
            self._progress.add(self.model, entry.id, entry.duration)
        first = self._put_first(ids)
        if self.through:
            self.reopened = True
            self.model_id = self.model_id or self._context.models.get(self.model).model_id
            self._planned_id = self.model_id
            self._keep(PLANNED)
        return first

    def _put_first(self, ids: Sequence[str]) -> list[Item]:
        if len(self._first) + len(ids) > MOST_FIRST:
            self._left_behind = True
            return []
        self._first.update(ids)
        return self._news(ids)

    def close(self) -> None:
        """Finish the model once everything is embedded; put a new generation into service.

        Raises `Interrupted`, `MeshError`, `JobFailed`.
        """
        if self.options.clear_existing:
            put_into_service(self._context, self._job, self._at(self.part.phase))
            self.part = self._at(THROUGH)
        else:
            if self.planned:
                self._drop_stale()
            self._keep(THROUGH)
        self.reopened = False

    def remember(self) -> None:
        """Store the model's id and speed for the next job."""
        counts = self._progress.models[self.model]
        with suppress(StateUnavailable):  # not worth an error of its own
            memory = self._context.models.get(self.model)
            speed = counts.measured_speed if counts.seconds >= MEASURED_SECONDS else memory.speed
            self._context.models.put(replace(memory, model_id=self.model_id or memory.model_id, speed=speed))

    def _at(self, phase: str) -> JobModel:
        """Return the part in another phase, with the work done so far."""
        counts = self._progress.models[self.model]
        return replace(self.part, phase=phase, seconds=counts.seconds, music=counts.music)

    def _keep(self, phase: str) -> None:
        self.part = self._at(phase)
        self._context.jobs.put_part(self._job.id, self.part)

    def _items(self, least: float, most: float) -> Iterator[Item]:
        """Yield what is left of the tracks from `least` to below `most` seconds, except those that go first."""
        for entry, row in self.ledger.pending(self._job.id, least, most):
            if entry.id not in self._first:
                yield self._item(entry, row)

    def _news(self, ids: Sequence[str]) -> list[Item]:
        """Return those of these tracks that are still pending."""
        rows = {track_id: row for track_id, row in self.ledger.rows(ids).items() if row.state == PENDING}
        entries = self._context.catalogue.entries(list(rows))
        return [self._item(entry, rows[entry.id]) for entry in entries if entry.id in rows]

    def _item(self, entry: CatalogueTrack, row: LedgerRow) -> Item:
        return Item(entry, row, self._locate(entry), entry.audio_id)

    def _drop_stale(self) -> None:
        """Delete outdated vectors: searches must not find a file that is no longer music by what it used to be."""
        if stale := self.ledger.stale(FINAL_CODES):
            request = DeleteRequest(track_ids=stale, model=self.model)
            self._context.ask_patiently(self._context.search.delete, request)
            self.ledger.forget_vectors(stale, self._job.id)

    def _plan(self) -> int:
        count, over = plan(self.ledger, self._rule(), self._job.id)
        if self.options.retry_failed:  # the earlier try may have read only half of a file
            self._context.catalogue.forget_audio_ids(over)
        return count

    def _rule(self) -> DueRule:
        return DueRule(self.options, self.model_id, time.time(), self._context.jobs.cancelled())

    def _ask_model_id(self) -> str:
        """Return the model's current id, or the last known one if the model does not report it."""
        recorded = self._context.models.get(self.model).model_id
        try:
            describe = self._context.embedding(self.model).describe
            described = self._context.ask(describe, Nothing(), timeout=DESCRIBE_SECONDS)
        except MeshError:
            return recorded
        return described.model_id or recorded
