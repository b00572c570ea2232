"""Copies vectors within the store for tracks of the same audio."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

from contract.errors import MeshError
from contract.operation import BATCH
from contract.search import CopyRequest
from workers.library.jobs.backoff import Backoff, passes
from workers.library.jobs.context import STORE_SECONDS, Context
from workers.library.jobs.items import Item
from workers.library.jobs.ledger import Done, Origin
from workers.library.jobs.planner import Planner
from workers.library.jobs.writer import store_row

#: Copies under way at once.
MAX_COPIES: Final = 16


class Copier:
    """Copies vectors within the generation that a plan fills.

    `post` brings answers to the job's thread, which calls `copied` with each outcome and `again` with each track that
    got no copy: its source is gone, or the store is unavailable.
    """

    def __init__(
        self,
        context: Context,
        plan: Planner,
        post: Callable[[Callable[[], None]], None],
        backoff: Backoff,
        copied: Callable[[Sequence[Done]], None],
        again: Callable[[Sequence[Item]], None],
    ) -> None:
        self._search = context.search
        self._plan = plan
        self._post = post
        self._backoff = backoff
        self._copied = copied
        self._again = again
        self.under_way = 0
        self._impossible: set[Item] = set()

    @property
    def is_full(self) -> bool:
        return self.under_way >= MAX_COPIES

    def source(self, item: Item) -> Origin | None:
        """Return the track's own vector if it is of this audio and model, else that of another track."""
        if item in self._impossible:
            return None
        row, model_id, afresh = item.row, self._plan.model_id, self._plan.afresh
        same = row.audio_id == item.audio_id and row.model_id and model_id in {"", row.model_id}
        if same and not (row.warning and afresh):
            return Origin(item.entry.id, row.model_id, row.warning, row.warning_message)
        return self._plan.ledger.source(item.audio_id, model_id, item.entry.id, afresh)

    def copy(self, item: Item, source: Origin) -> None:
        """Give a track the vector of another, or its own with new tags."""
        self.under_way += 1
        request = CopyRequest(
            model=self._plan.model,
            generation=self._plan.target,
            source_track_id=source.track_id,
            rows=[store_row(item.entry, item.audio_id, source.model_id)],
        )
        began = time.monotonic()
        future = self._search.copy.submit(request, timeout=STORE_SECONDS, lane=BATCH)

        def answered() -> None:
            item.stages["store"] = time.monotonic() - began
            self._answered(future, item, source)

        future.add_done_callback(lambda _: self._post(answered))

    def _answered(self, done: Future[Any], item: Item, source: Origin) -> None:
        self.under_way -= 1
        error = None if done.cancelled() else done.exception()
        if error is None and not done.cancelled() and done.result().value.written:
            said = (source.warning, source.warning_message)
            self._copied([Done(item.entry, item.audio_id, source.model_id, item.stages, *said)])
            return
        if isinstance(error, MeshError) and passes(error):
            self._backoff.failed(error)
        elif not done.cancelled():  # the source is gone or cannot be copied: compute the vector
            self._plan.ledger.forget_vectors([source.track_id])
            self._impossible.add(item)
        self._again([item])
