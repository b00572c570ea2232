"""One model of a job: from files to vectors in the store, a bounded number of tracks at a time.

queue -> audio id -> ready -> embedded, or copied from a track of the same audio -> store -> ledger
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Final

from broker.wire import Reply
from contract.errors import MeshError
from contract.operation import BATCH
from workers.library.jobs.backoff import Backoff, Wait, passes
from workers.library.jobs.books import Books
from workers.library.jobs.context import STORE_SECONDS, Context, Interrupted, JobFailed
from workers.library.jobs.identity import AudioIds
from workers.library.jobs.items import Item, WorkQueue
from workers.library.jobs.ledger import Done, Ledger, Origin
from workers.library.jobs.relocated import adopt_by_audio
from workers.library.jobs.writer import Embedded, VectorWriter, store_row
from workers.library.navidrome.paths import portable

#: Seconds that a track may take, cold model and waiting included: at least, and more per second of its music.
DEADLINE_SECONDS: Final = 300.0
DEADLINE_PER_SECOND: Final = 10.0
#: So many deadlines may pass on one track, each twice the one before, until it counts as failed.
MAX_LATE: Final = 3
#: Tracks whose audio id is computed ahead, beyond those in flight.
AHEAD: Final = 16
#: Copies within the store under way at once.
MAX_COPIES: Final = 16
#: Vectors, and bytes of them, that may wait for the store before no more are made.
MAX_HELD: Final = 128
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
#: Seconds that vectors on their way get to reach the store when the work is put down.
PUT_DOWN_SECONDS: Final = 2.0
#: Seconds that a model may say it cannot be used before the job leaves it.
UNAVAILABLE_SECONDS: Final = 600.0
#: Failures of the audio or the model: a byte-identical copy would fail as well.
SHARED_CODES: Final = frozenset(
    {"decode_failed", "empty_audio", "silent_audio", "poisoned", "out_of_memory", "model_failed"}
)
#: Codes of a track; any other answer of a model counts as its failure.
TRACK_CODES: Final = SHARED_CODES | {"file_missing", "file_unreadable"}


class ModelRun:
    """Works through a queue with one model. Belongs to the job's thread, which may have others at work beside it.

    `model_id` is the model's present one ("" until its first answer); `generation` None means the one in service;
    `afresh`: the job, where it makes again what has a warning, "" where it does not.
    `tick` is called several times a second.
    """

    #: The model starts nothing new for now.
    held = False
    #: Another model of the job is at work beside this one: memory that it does not get now it may get later.
    beside_others = False

    def __init__(
        self,
        context: Context,
        ledger: Ledger,
        books: Books,
        queue: WorkQueue,
        *,
        generation: str | None,
        model_id: str,
        afresh: str,
        tick: Callable[[str, Wait | None], None],
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._books = books
        self._queue = queue
        self._tick = tick
        self.model_id = model_id
        self._afresh = afresh
        self.current = ""
        self._generation = generation
        self._identifying = 0
        self._ready: deque[Item] = deque()
        self._embedding: dict[Future[Reply], Item] = {}
        self._copying = 0
        #: Audio ids on their way to the store, and the tracks that wait for a copy of each.
        self._followers: dict[str, list[Item]] = {}
        self._no_copy: set[Item] = set()
        self._backoff = Backoff()
        self._unavailable_since = 0.0
        self._over = False
        self._failure: JobFailed | None = None
        #: Whether the model has given a vector: it is loaded.
        self.settled = False
        #: Whether its worker said last that there is no room for the model.
        self.short_of_memory = False
        self._ids = AudioIds(self._post)
        self._writer = VectorWriter(context, ledger.model, generation, self._post, self._written, self._refused)

    def work(self) -> Iterator[None]:
        """Work until nothing is left; yields while it waits. Raises `Interrupted` (what was computed is in the store,
        if that was quick), `JobFailed`.
        """
        try:
            while not self._context.control.interrupted:
                self._fill()
                self._writer.pump()
                if self._nothing_left():
                    return
                yield
                if self._failure is not None:
                    raise self._failure
                self._tick(self.current, self._backoff.wait or self._writer.backoff.wait)
            yield from self._put_down()
            raise Interrupted
        finally:
            self._over = True
            for future in list(self._embedding):
                future.cancel()
            self._ids.close()

    def first(self, items: Iterable[Item]) -> None:
        """Take these items before all others."""
        self._queue.first(items)

    def hold(self, *, on: bool) -> None:
        """Start nothing new, or go on."""
        self.held = on
        self.short_of_memory = False
        self._unavailable_since = 0.0

    def _post(self, event: Callable[[], None]) -> None:
        """Have the job's thread call `event`, unless the work is over by then."""
        self._context.control.post(lambda: self._handle(event))

    def _handle(self, event: Callable[[], None]) -> None:
        """What fails one model for good must not stop another whose thread this is, too."""
        if self._over:
            return
        try:
            event()
        except JobFailed as failure:
            self._failure = failure

    def _nothing_left(self) -> bool:
        waiting = self._queue or self._ready or self._identifying
        under_way = self._embedding or self._writer.held or self._copying or self._followers
        return not (waiting or under_way)

    def _fill(self) -> None:
        """Start what may be started."""
        if self._context.control.paused or self.held:
            return
        while self._queue and self._identifying + len(self._ready) < AHEAD:
            self._identify(self._queue.take())
        for _ in range(len(self._ready)):
            if not self._may_start():
                return
            self._place(self._ready.popleft())

    def _may_start(self) -> bool:
        return (
            len(self._embedding) < self._context.settings.tracks_in_flight
            and self._copying < MAX_COPIES
            and self._writer.held < MAX_HELD
            and self._writer.held_bytes < MAX_HELD_BYTES
            and not self._backoff.waits
            and not self._writer.backoff.waits
        )

    def _identify(self, item: Item) -> None:
        item.audio_id = item.audio_id or self._context.catalogue.audio_id(item.entry)  # another model may have asked
        if item.audio_id:
            self._line_up(item)
            return
        self._identifying += 1
        self._ids.ask(item, self._identified)

    def _identified(self, item: Item, found: str | MeshError) -> None:
        self._identifying -= 1
        if isinstance(found, MeshError):
            self._fail(item, found)
            return
        item.audio_id = found
        self._context.catalogue.keep_audio_ids([(item.entry.id, item.entry.stamp, found)])
        self._line_up(item)

    def _line_up(self, item: Item) -> None:
        if not item.row.audio_id:
            adopt_by_audio(self._context, item.entry, item.audio_id)
        (self._ready.appendleft if item.first else self._ready.append)(item)

    def _place(self, item: Item) -> None:
        """Embed a track, or copy the vector that it or another track with the same audio has."""
        source = (
            None
            if item in self._no_copy
            else self._own(item) or self._ledger.source(item.audio_id, self.model_id, item.entry.id, self._afresh)
        )
        if source is not None:
            self._copy(item, source)
            return
        if item.audio_id in self._followers:
            self._followers[item.audio_id].append(item)
        elif not self._take_uploaded(item):
            self._embed(item)

    def _own(self, item: Item) -> Origin | None:
        """The vector that the track has, where it is of this audio and model."""
        row = item.row
        same = row.audio_id == item.audio_id and row.model_id and self.model_id in {"", row.model_id}
        if not same or (row.warning and self._afresh):
            return None
        return Origin(item.entry.id, row.model_id, row.warning, row.warning_message)

    def _take_uploaded(self, item: Item) -> bool:
        """Whether the vector was computed when the file was uploaded."""
        held = self._context.waiting.get(item.audio_id, self._ledger.model, self.model_id)
        if held is None or (held.warning and self._afresh):
            return False
        self._followers[item.audio_id] = []
        self._writer.add(Embedded(item, held.vector, held.dim, held.model_id, held.warning, held.warning_message))
        return True

    def _embed(self, item: Item) -> None:
        self._followers[item.audio_id] = []
        self.current = f"[{self._ledger.model}] {item.entry.label}"
        timeout = (DEADLINE_SECONDS + DEADLINE_PER_SECOND * item.entry.duration) * 2**item.late
        params = {"path": portable(item.path), "duration": item.entry.duration or None}
        service = f"embed.{self._ledger.model}"
        future = self._context.client.submit(service, "embed.audio", params, timeout=timeout, lane=BATCH)
        self._embedding[future] = item
        future.add_done_callback(lambda done: self._post(lambda: self._embedded(done)))

    def _embedded(self, done: Future[Reply]) -> None:
        item = self._embedding.pop(done, None)
        if item is None or done.cancelled():
            return
        error = done.exception()
        if error is None:
            self._backoff.succeeded()
            self._unavailable_since = 0.0
            self.settled, self.short_of_memory = True, False
            self._take_vector(item, done.result())
        elif isinstance(error, MeshError) and (passes(error) or self._is_crowded(error)):
            self._try_later(item, error)
        elif isinstance(error, MeshError):
            self._backoff.succeeded()
            self._fail(item, error)
        else:
            raise error

    def _is_crowded(self, error: MeshError) -> bool:
        """Whether the track may well fit once the model has its device to itself."""
        return error.code == "out_of_memory" and self.beside_others

    def _take_vector(self, item: Item, reply: Reply) -> None:
        result = reply.result
        self.model_id = str(result["model_id"])
        item.stages |= {str(stage): float(seconds) for stage, seconds in result.get("seconds", {}).items()}
        self._writer.add(
            Embedded(
                item,
                reply.blobs[0],
                int(result["dim"]),
                self.model_id,
                str(result.get("warning") or ""),
                str(result.get("warning_message") or ""),
            )
        )

    def _try_later(self, item: Item, error: MeshError) -> None:
        """A part of the mesh is away: that is not the track's fault, unless it is always this track that is late."""
        if error.code == "deadline_exceeded":
            item.late += 1
            if item.late >= MAX_LATE:
                self._fail_as(item, "model_failed", f"its deadline passed {item.late} times: {error.message}")
                return
        if error.code in {"model_unavailable", "out_of_memory"}:
            self.short_of_memory = True
            self._unavailable_since = self._unavailable_since or time.monotonic()
            if time.monotonic() - self._unavailable_since > UNAVAILABLE_SECONDS:
                raise JobFailed(error.message)
        self._backoff.failed(error)
        self._ready.extendleft(reversed([item, *self._followers.pop(item.audio_id)]))

    def _fail(self, item: Item, error: MeshError) -> None:
        self._fail_as(item, error.code if error.code in TRACK_CODES else "model_failed", error.message)

    def _fail_as(self, item: Item, code: str, message: str) -> None:
        followers = self._followers.pop(item.audio_id, []) if item.audio_id else []
        if not self._books.failed(item, code, message):
            self._queue.later(item)
        for follower in followers:
            if code in SHARED_CODES:
                self._fail_as_leader(follower, code, message)
            else:
                self._ready.append(follower)

    def _fail_as_leader(self, follower: Item, code: str, message: str) -> None:
        """The track whose vector it was to share failed; that counts for this one, too."""
        if not self._books.failed(follower, code, message):
            self._queue.later(follower)

    def _copy(self, item: Item, source: Origin) -> None:
        self._copying += 1
        self.current = f"[{self._ledger.model}] {item.entry.label}"
        params = {
            "model": self._ledger.model,
            "generation": self._generation,
            "source_track_id": source.track_id,
            "rows": [store_row(item.entry, item.audio_id, source.model_id)],
        }
        began = time.monotonic()
        future = self._context.client.submit("search", "vectors.copy", params, timeout=STORE_SECONDS, lane=BATCH)

        def copied() -> None:
            item.stages["store"] = time.monotonic() - began
            self._copied(future, item, source)

        future.add_done_callback(lambda _: self._post(copied))

    def _copied(self, done: Future[Reply], item: Item, source: Origin) -> None:
        self._copying -= 1
        error = None if done.cancelled() else done.exception()
        if error is None and not done.cancelled() and done.result().result.get("written"):
            said = (source.warning, source.warning_message)
            self._books.done([Done(item.entry, item.audio_id, source.model_id, item.stages, *said)])
            return
        if isinstance(error, MeshError) and passes(error):
            self._writer.backoff.failed(error)
        elif not done.cancelled():  # the source is gone, or cannot be copied: compute
            self._ledger.forget_vectors([source.track_id])
            self._no_copy.add(item)
        self._ready.appendleft(item)

    def _written(self, batch: Sequence[Embedded]) -> None:
        outcomes = [
            Done(one.item.entry, one.item.audio_id, one.model_id, one.item.stages, one.warning, one.warning_message)
            for one in batch
        ]
        self._books.done(outcomes)
        for one in batch:
            self._ready.extendleft(self._followers.pop(one.item.audio_id, ()))

    def _refused(self, embedded: Embedded, error: MeshError) -> None:
        self._fail_as(embedded.item, "model_failed", f"the store refuses its vector: {error.message}")

    def _put_down(self) -> Iterator[None]:
        """Take back what is being computed; bring what is computed to the store, if that is quick."""
        for future in list(self._embedding):
            future.cancel()
        until = time.monotonic() + PUT_DOWN_SECONDS
        while self._writer.held and not self._writer.backoff.waits and time.monotonic() < until:
            self._writer.pump()
            yield
