"""One model of a job, planned or taken up again, up to its generation in service."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from contract.errors import MeshError
from contract.jobs import Failure
from contract.message import Nothing
from contract.search import DeleteRequest
from workers.library.catalogue.catalogue import Entry
from workers.library.jobs.backoff import Wait
from workers.library.jobs.books import Books
from workers.library.jobs.context import Context
from workers.library.jobs.failures import failures
from workers.library.jobs.generations import generation_name, put_into_service
from workers.library.jobs.items import LONG_SECONDS, Item, WorkQueue
from workers.library.jobs.ledger import FAILED, PENDING, Ledger, LedgerRow
from workers.library.jobs.model_run import ModelRun
from workers.library.jobs.planner import FINAL_CODES, Rule, plan, plan_news
from workers.library.jobs.progress import Progress
from workers.library.jobs.reconcile import reconcile
from workers.library.jobs.records import PLANNED, THROUGH, Job, Part
from workers.library.state.database import StateUnavailable

#: Seconds that a model may take to say its id when a job begins.
DESCRIBE_SECONDS: Final = 5.0
#: Seconds of work after which a speed is worth remembering.
MEASURED_SECONDS: Final = 5.0
#: New tracks that are embedded before all others; more than these are no album but the library itself.
MOST_FIRST: Final = 500


class PartRun:
    """One model of `job`. `locate` gives a track's path on this host."""

    def __init__(
        self,
        context: Context,
        job: Job,
        model: str,
        progress: Progress,
        locate: Callable[[Entry], str],
    ) -> None:
        self._context = context
        self._job = job
        self._model = model
        self._progress = progress
        self._locate = locate
        self._clock = time.monotonic()
        self._run: ModelRun | None = None
        self._current = ""
        #: Tracks that go before the others; others of which some may be left behind the point that the work is at.
        self._first: set[str] = set()
        self._left_behind = False
        #: It was through and has news to embed.
        self.reopened = False
        #: What it waits for; None while it does not.
        self.waits: Wait | None = None
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
        bad = {failure.track_id: failure for failure in listed if failure.model == model}
        for track_id, state, duration, warning in self._ledger.of_job(self._job.id):
            progress.add(model, track_id, duration)
            if state == FAILED:
                progress.failed(model, track_id, duration, bad.get(track_id, Failure(track_id=track_id, model=model)))
            elif state != PENDING:
                progress.done(model, track_id, duration, warning=bool(warning), computed=self._part.seconds > 0)

    @property
    def model(self) -> str:
        return self._model

    @property
    def through(self) -> bool:
        return self._part.phase == THROUGH

    @property
    def settled(self) -> bool:
        """Whether the model is known to be loaded."""
        return self._run is not None and self._run.settled

    @property
    def short_of_memory(self) -> bool:
        """Whether the model found no room on its device."""
        return self._run is not None and self._run.short_of_memory

    def hold(self, *, on: bool) -> None:
        """Start nothing new while other models have their turn, or go on."""
        self._clock = time.monotonic()
        if self._run is not None:
            self._run.hold(on=on)

    def see_others(self, *, at_work: bool) -> None:
        """Whether other models are at work beside this one."""
        if self._run is not None:
            self._run.beside_others = at_work

    def take_up(self) -> int:
        """Add what is new or changed since the job was planned, to be embedded first; how many tracks."""
        if self._part.phase != PLANNED and (self._job.options.clear_existing or not self.through):
            return 0  # its generation is in service, or on its way there: that is for the next job
        ids = plan_news(self._ledger, self._rule(), self._job.id)
        if not ids:
            return 0
        for entry in self._context.catalogue.entries(ids):
            self._progress.add(self._model, entry.id, entry.duration)
        self._put_first(ids)
        if self.through:
            self.reopened = True
            self._model_id = self._model_id or self._context.models.get(self._model).model_id
            self._keep(PLANNED)
        return len(ids)

    def _put_first(self, ids: Sequence[str]) -> None:
        if len(self._first) + len(ids) > MOST_FIRST:
            self._left_behind = True
            return
        self._first.update(ids)
        if self._run is not None:
            self._run.first(self._news(ids))

    def work(self) -> Generator[None]:
        """Embed what is left and put a new generation into service; yields while it waits.

        Raises `Interrupted`, `MeshError`, and `JobFailed`: why this model does not get there.
        """
        if self._part.phase == PLANNED:
            known = self._model_id
            yield from self._embed()
            if self._model_id not in {"", known} and self._plan():  # only its first vector told that it is another
                for entry, _ in self._ledger.pending(self._job.id, -math.inf, math.inf):
                    self._progress.add(self._model, entry.id, entry.duration)
                yield from self._embed()
            while self._left_behind:
                yield from self._embed()
            if not self._job.options.clear_existing:
                self._drop_stale()
        if self._job.options.clear_existing:
            put_into_service(self._context, self._job, self._at(self._part.phase))
            self._part = self._at(THROUGH)
        else:
            self._keep(THROUGH)
        self.reopened = False

    def _at(self, phase: str) -> Part:
        """The part in another phase, with what was worked so far."""
        counts = self._progress.models[self._model]
        return replace(self._part, phase=phase, seconds=counts.seconds, music=counts.music)

    def _keep(self, phase: str) -> None:
        self._part = self._at(phase)
        self._context.jobs.put_part(self._job.id, self._part)

    def _embed(self) -> Generator[None]:
        self._clock = time.monotonic()
        self._left_behind = False
        queue = WorkQueue(self._items(LONG_SECONDS, math.inf), self._items(-math.inf, LONG_SECONDS))
        queue.first(self._news(list(self._first)))
        self._run = run = ModelRun(
            self._context,
            self._ledger,
            Books(self._context, self._job.id, self._part, self._ledger, self._progress),
            queue,
            generation=self._target,
            model_id=self._model_id,
            afresh=self._job.id if self._job.options.retry_failed else "",
            tick=self._told,
        )
        try:
            yield from run.work()
        finally:
            self._run = None
            self._model_id = run.model_id
            with suppress(StateUnavailable):  # only speed and id: worth no error of their own
                self._remember()
        self._first.clear()

    def _items(self, least: float, most: float) -> Iterator[Item]:
        """What is left, of tracks of `least` to below `most` seconds, but for those that go first."""
        for entry, row in self._ledger.pending(self._job.id, least, most):
            if entry.id not in self._first:
                yield self._item(entry, row)

    def _news(self, ids: Sequence[str]) -> list[Item]:
        """Those of these tracks that are left."""
        rows = {track_id: row for track_id, row in self._ledger.rows(ids).items() if row.state == PENDING}
        entries = self._context.catalogue.entries(list(rows))
        return [self._item(entry, rows[entry.id]) for entry in entries if entry.id in rows]

    def _item(self, entry: Entry, row: LedgerRow) -> Item:
        return Item(entry, row, self._locate(entry), entry.audio_id)

    def _drop_stale(self) -> None:
        """A file that is no music any more must not be found by what it was."""
        if stale := self._ledger.stale(FINAL_CODES):
            request = DeleteRequest(track_ids=stale, model=self._model)
            self._context.ask_patiently(self._context.search.delete, request)
            self._ledger.forget_vectors(stale, self._job.id)

    def _told(self, current: str, waits: Wait | None) -> None:
        now = time.monotonic()
        held = self._run is None or self._run.held
        if not (self._context.control.paused or held or waits):  # waiting is no work
            self._progress.models[self._model].seconds += now - self._clock
        self._clock, self.waits = now, None if held else waits
        if current != self._current:
            self._current = self._progress.current_track = current

    def _new_part(self) -> Part:
        generation = self._context.models.get(self._model).generation
        return Part(self._model, generation_name(self._job) if self._job.options.clear_existing else generation)

    @property
    def _target(self) -> str | None:
        """The generation as the store is told: None is the one in service."""
        return self._part.generation if self._job.options.clear_existing else None

    def _plan(self) -> int:
        count, over = plan(self._ledger, self._rule(), self._job.id)
        if self._job.options.retry_failed:  # half a file may have been read
            self._context.catalogue.forget_audio_ids(over)
        return count

    def _rule(self) -> Rule:
        return Rule(self._job.options, self._model_id, time.time(), self._context.jobs.cancelled())

    def _ask_model_id(self) -> str:
        """The id of the model as it is now; what it was last where the model does not say."""
        known = self._context.models.get(self._model).model_id
        try:
            describe = self._context.embedding(self._model).describe
            described = self._context.ask(describe, Nothing(), timeout=DESCRIBE_SECONDS)
        except MeshError:
            return known
        return described.model_id or known

    def _remember(self) -> None:
        """Keep the model's id and its speed for the next job."""
        counts = self._progress.models[self._model]
        memory = self._context.models.get(self._model)
        speed = counts.measured_speed if counts.seconds >= MEASURED_SECONDS else memory.speed
        self._context.models.put(replace(memory, model_id=self._model_id or memory.model_id, speed=speed))
