"""The path of tracks through one model, from files to vectors in the store, a bounded number at a time.

queue -> audio id -> ready -> embedded, or copied from a track of the same audio -> store -> ledger
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import Final

from contract.embedding import EmbeddedAudio
from contract.errors import (
    DecodeFailed,
    EmptyAudio,
    FileMissing,
    FileUnreadable,
    MeshError,
    ModelFailed,
    OutOfMemory,
    Poisoned,
    SilentAudio,
)
from contract.message import fields_of
from contract.operation import ReplyWithBlobs
from workers.library.jobs.backoff import Wait
from workers.library.jobs.context import Context, Interrupted, JobFailed
from workers.library.jobs.copier import Copier
from workers.library.jobs.embedder import Embedder
from workers.library.jobs.identification import IdentificationQueue
from workers.library.jobs.items import Item, WorkQueue
from workers.library.jobs.ledger import Done
from workers.library.jobs.planner import Planner
from workers.library.jobs.progress import TrackProgress
from workers.library.jobs.recorder import Recorder
from workers.library.jobs.writer import Embedded, VectorWriter

#: Most vectors, and bytes of them, that may wait for the store; at either limit no more are made.
MAX_HELD: Final = 128
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
#: Seconds that computed vectors get to reach the store after an interruption.
PUT_DOWN_SECONDS: Final = 2.0
#: Failures of the audio or the model: a byte-identical copy would fail as well.
SHARED_CODES: Final = frozenset(
    error.code for error in (DecodeFailed, EmptyAudio, SilentAudio, Poisoned, OutOfMemory, ModelFailed)
)
#: Codes about the track itself; any other error of a model counts as the model's failure.
TRACK_CODES: Final = SHARED_CODES | {FileMissing.code, FileUnreadable.code}


class Pipeline:
    """Works through what a planner hands out. Runs in the job's thread, perhaps with other pipelines."""

    def __init__(self, context: Context, job_id: str, planner: Planner, progress: TrackProgress) -> None:
        self._context = context
        self._job_id = job_id
        self._plan = planner
        self._progress = progress
        self._open()

    def _open(self) -> None:
        context, plan = self._context, self._plan
        self._recorder = Recorder(context, self._job_id, plan.part, plan.ledger, self._progress)
        self._identification = IdentificationQueue(context, WorkQueue((), ()), self._post, self._failed)
        #: Audio ids whose vector is being made, and the tracks that wait to copy it.
        self._followers: dict[str, list[Item]] = {}
        self._clock = time.monotonic()
        self._over = False
        self._failure: JobFailed | None = None
        #: Whether it starts nothing new because other models have their turn.
        self.held = False
        #: What it waits for; None if it does not wait.
        self.waits: Wait | None = None
        self._writer = VectorWriter(context, plan.model, plan.target, self._post, self._written, self._refused)
        self._copier = Copier(
            context, plan, self._post, self._writer.backoff, self._recorder.done, self._identification.again
        )
        self.model = Embedder(context, plan.model, self._post, self._made, self._failed, self._again)

    @property
    def planner(self) -> Planner:
        return self._plan

    def take_up(self) -> None:
        """Put tracks that are new or changed since the plan before all others."""
        self._identification.queue.first(self._plan.take_up())

    def hold(self, *, on: bool) -> None:
        """Start nothing new while other models have their turn (`on`), or continue."""
        self._clock = time.monotonic()
        self.held = on
        self.model.begin_anew()

    def work(self) -> Generator[None]:
        """Work until nothing is left, then put a new generation into service; yields while it waits.

        Raises `Interrupted` (after storing computed vectors if that is quick), `MeshError`, and `JobFailed` if this
        model cannot finish.
        """
        self._open()
        try:
            while self._plan.planned:
                self._identification.queue = self._plan.queue()
                yield from self._carry()
                if not self._plan.more():
                    break
        finally:
            self._over = True
            self.model.cancel()
            self._identification.close()
            self._plan.remember()
        self._plan.close()

    def _carry(self) -> Generator[None]:
        while not self._context.control.interrupted:
            self._fill()
            self._writer.pump()
            if self._nothing_left():
                return
            yield
            if self._failure is not None:
                raise self._failure
            self._keep_time()
        yield from self._put_down()
        raise Interrupted

    def _keep_time(self) -> None:
        now = time.monotonic()
        waits = self.model.backoff.wait or self._writer.backoff.wait
        if not (self._context.control.idle or self.held or waits):  # waiting does not count as work
            self._progress.models[self._plan.model].seconds += now - self._clock
        self._clock, self.waits = now, None if self.held else waits

    def _post(self, event: Callable[[], None]) -> None:
        """Have the job's thread call `event`, unless the work has ended by then."""
        self._context.control.post(lambda: self._handle(event))

    def _handle(self, event: Callable[[], None]) -> None:
        """Handle an event. A final failure of this model must not stop other models that share the thread."""
        if self._over:
            return
        try:
            event()
        except JobFailed as failure:
            self._failure = failure

    def _nothing_left(self) -> bool:
        under_way = self.model.in_flight or self._writer.held or self._copier.under_way or self._followers
        return not (self._identification or under_way)

    def _fill(self) -> None:
        """Start whatever may start."""
        if self._context.control.idle or self.held:
            return
        self._identification.fill()
        ready = self._identification.ready
        for _ in range(len(ready)):
            if not self._may_start():
                return
            self._place(ready.popleft())

    def _may_start(self) -> bool:
        return (
            self.model.in_flight < self._context.settings.tracks_in_flight
            and not self._copier.is_full
            and self._writer.held < MAX_HELD
            and self._writer.held_bytes < MAX_HELD_BYTES
            and not self.model.backoff.waits
            and not self._writer.backoff.waits
        )

    def _place(self, item: Item) -> None:
        """Embed a track, or copy its own vector or that of a track with the same audio."""
        if (source := self._copier.source(item)) is not None:
            self._show(item)
            self._copier.copy(item, source)
        elif item.audio_id in self._followers:
            self._followers[item.audio_id].append(item)
        elif not self._take_uploaded(item):
            self._followers[item.audio_id] = []
            self._show(item)
            self.model.embed(item)

    def _show(self, item: Item) -> None:
        self._progress.current_track = f"[{self._plan.model}] {item.entry.label}"

    def _take_uploaded(self, item: Item) -> bool:
        """Return whether the vector was computed when the file was uploaded; store it if so."""
        uploaded = self._context.waiting.get(item.audio_id, self._plan.model, self._plan.model_id)
        if uploaded is None or (uploaded.warning and self._plan.afresh):
            return False
        self._followers[item.audio_id] = []
        self._writer.add(
            Embedded(item, uploaded.vector, uploaded.dim, uploaded.model_id, uploaded.warning, uploaded.warning_message)
        )
        return True

    def _made(self, item: Item, answer: ReplyWithBlobs[EmbeddedAudio]) -> None:
        made = answer.value
        self._plan.model_id = made.model_id
        item.stages |= {name: float(seconds) for name, seconds in fields_of(made.seconds).items()}
        self._writer.add(
            Embedded(item, answer.blobs[0], made.dim, made.model_id, made.warning or "", made.warning_message or "")
        )

    def _again(self, item: Item) -> None:
        self._identification.again([item, *self._followers.pop(item.audio_id)])

    def _failed(self, item: Item, error: MeshError) -> None:
        """Record a track without a vector; also those that wait to copy it, if the audio or the model is to blame."""
        code = error.code if error.code in TRACK_CODES else ModelFailed.code
        followers = self._followers.pop(item.audio_id, []) if item.audio_id else []
        if code not in SHARED_CODES:
            self._identification.ready.extend(followers)
            followers = []
        for each in (item, *followers):
            if not self._recorder.failed(each, code, error.message):
                self._identification.queue.later(each)

    def _written(self, batch: Sequence[Embedded]) -> None:
        self._recorder.done(
            [
                Done(
                    embedded.item.entry,
                    embedded.item.audio_id,
                    embedded.model_id,
                    embedded.item.stages,
                    embedded.warning,
                    embedded.warning_message,
                )
                for embedded in batch
            ]
        )
        for embedded in batch:
            self._identification.ready.extendleft(self._followers.pop(embedded.item.audio_id, ()))

    def _refused(self, embedded: Embedded, error: MeshError) -> None:
        self._failed(embedded.item, ModelFailed(f"the store refused its vector: {error.message}"))

    def _put_down(self) -> Generator[None]:
        """Cancel what is being computed; store what is computed, if that is quick."""
        self.model.cancel()
        until = time.monotonic() + PUT_DOWN_SECONDS
        while self._writer.held and not self._writer.backoff.waits and time.monotonic() < until:
            self._writer.pump()
            yield
