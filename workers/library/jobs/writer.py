"""Writes vectors to the store in small batches: whatever has gathered during the previous write."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import MeshError, NotFound
from contract.operation import BATCH, Buffer
from contract.search import BeginRequest, Row, UpsertRequest
from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.backoff import Backoff, passes
from workers.library.jobs.context import STORE_SECONDS, Context, JobFailed
from workers.library.jobs.items import Item

#: Most rows and bytes of one write.
MAX_ROWS: Final = 64
MAX_BYTES: Final = 16 * 1024 * 1024
#: Consecutive writes that the store may refuse before the job gives up.
MAX_REFUSALS: Final = 5


@dataclass(slots=True, eq=False)
class Embedded:
    """One track's vector on its way to the store."""

    item: Item
    vector: Buffer
    dim: int
    model_id: str
    warning: str
    warning_message: str


def store_row(entry: CatalogueTrack, audio_id: str, model_id: str) -> Row:
    """Make a row of the store."""
    return Row(
        track_id=entry.id,
        library_id=entry.library_id,
        artist_id=entry.artist_id,
        album_id=entry.album_id,
        audio_id=audio_id,
        duration=entry.duration,
        model_id=model_id,
        embedded_at=time.time(),
        title=entry.title,
        artist=entry.artist,
    )


class VectorWriter:
    """Writes one model's vectors into one generation (None: the one in service), one write at a time.

    `post` brings answers to the job's thread, which calls `written` with what the store has acknowledged and `refused`
    with what it will never accept.
    """

    def __init__(
        self,
        context: Context,
        model: str,
        generation: str | None,
        post: Callable[[Callable[[], None]], None],
        written: Callable[[Sequence[Embedded]], None],
        refused: Callable[[Embedded, MeshError], None],
    ) -> None:
        self._context = context
        self._model = model
        self._generation = generation
        self._begun = generation is None
        self._post = post
        self._written = written
        self._refused = refused
        self._waiting: deque[Embedded] = deque()
        self._batch: list[Embedded] = []
        self._alone = 0
        self._refusals = 0
        self.backoff = Backoff()

    @property
    def held(self) -> int:
        """How many vectors are not acknowledged yet."""
        return len(self._waiting) + len(self._batch)

    @property
    def held_bytes(self) -> int:
        return sum(len(embedded.vector) for embedded in (*self._waiting, *self._batch))

    def add(self, embedded: Embedded) -> None:
        self._waiting.append(embedded)

    def pump(self) -> None:
        """Start the next write if something is waiting and no write is in flight."""
        if self._batch or not self._waiting or self.backoff.waits:
            return
        self._batch = self._take()
        began = time.monotonic()
        if self._begun:
            self._send_batch().add_done_callback(lambda done: self._post(lambda: self._on_written(done, began)))
        else:
            self._send_begin().add_done_callback(lambda done: self._post(lambda: self._on_begun(done)))

    def _take(self) -> list[Embedded]:
        batch: list[Embedded] = []
        size = 0
        most = 1 if self._alone else MAX_ROWS
        while self._waiting and len(batch) < most and size < MAX_BYTES:
            if batch and self._waiting[0].dim != batch[0].dim:
                break
            batch.append(self._waiting.popleft())
            size += len(batch[-1].vector)
        self._alone = max(self._alone - 1, 0)
        return batch

    def _send_begin(self) -> Future[Any]:
        request = BeginRequest(model=self._model, dim=self._batch[0].dim, name=self._generation or "")
        return self._context.search.begin.submit(request, timeout=STORE_SECONDS, lane=BATCH)

    def _send_batch(self) -> Future[Any]:
        rows = [store_row(embedded.item.entry, embedded.item.audio_id, embedded.model_id) for embedded in self._batch]
        request = UpsertRequest(model=self._model, generation=self._generation, rows=rows, dim=self._batch[0].dim)
        vectors = b"".join(bytes(embedded.vector) for embedded in self._batch)
        return self._context.search.upsert.submit(request, [vectors], timeout=STORE_SECONDS, lane=BATCH)

    def _on_begun(self, done: Future[Any]) -> None:
        self._waiting.extendleft(reversed(self._batch))
        self._batch = []
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self._begun = True
        elif isinstance(error, MeshError) and passes(error):
            self.backoff.failed(error)
        else:
            raise JobFailed(f"the store cannot create a generation: {error}")

    def _on_written(self, done: Future[Any], began: float) -> None:
        batch, self._batch = self._batch, []
        error = None if done.cancelled() else done.exception()
        if done.cancelled():
            self._waiting.extendleft(reversed(batch))
        elif error is None:
            self.backoff.succeeded()
            self._refusals = 0
            share = (time.monotonic() - began) / len(batch)
            for embedded in batch:
                embedded.item.stages["store"] = share
            self._written(batch)
        elif isinstance(error, MeshError):
            self._not_written(batch, error)
        else:
            raise error

    def _not_written(self, batch: list[Embedded], error: MeshError) -> None:
        if passes(error):
            self._waiting.extendleft(reversed(batch))
            self.backoff.failed(error)
        elif isinstance(error, NotFound) and self._generation is not None and self._refusals < MAX_REFUSALS:
            self._refusals += 1
            self._begun = False  # an older store has replaced this one: create the generation again
            self._waiting.extendleft(reversed(batch))
        elif len(batch) > 1:
            self._alone = len(batch)  # one bad row must not cost the others: write them one by one
            self._waiting.extendleft(reversed(batch))
        else:
            self._refusals += 1
            if self._refusals >= MAX_REFUSALS:
                raise JobFailed(f"the store refused the vectors of {self._model}: {error.message}")
            self._refused(batch[0], error)
