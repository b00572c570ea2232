"""Has one model embed tracks: what it is asked, and what its answers and silences mean."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from contract.embedding import AudioRequest, EmbeddedAudio
from contract.errors import DeadlineExceeded, MeshError, ModelFailed, ModelUnavailable, OutOfMemory
from contract.operation import BATCH, Answer
from workers.library.jobs.backoff import Backoff, passes
from workers.library.jobs.context import Context, JobFailed
from workers.library.jobs.items import Item
from workers.library.navidrome.paths import portable

#: Seconds that a track may take, cold model and waiting included: at least, and more per second of its music.
DEADLINE_SECONDS: Final = 300.0
DEADLINE_PER_SECOND: Final = 10.0
#: So many deadlines may pass on one track, each twice the one before, until it counts as failed.
MAX_LATE: Final = 3
#: Seconds that a model may say it cannot be used before the job leaves it.
UNAVAILABLE_SECONDS: Final = 600.0


class Embedder:
    """Asks the service of a model. `post` brings answers to the thread of the job; there `made` gets each vector,
    `failed` each track that has none, `again` each track that is to be tried once more.
    """

    #: Another model of the job is at work beside this one: memory that it does not get now it may get later.
    beside_others = False

    def __init__(
        self,
        context: Context,
        model: str,
        post: Callable[[Callable[[], None]], None],
        made: Callable[[Item, Answer[EmbeddedAudio]], None],
        failed: Callable[[Item, MeshError], None],
        again: Callable[[Item], None],
    ) -> None:
        self._model = model
        self._client = context.embedding(model)
        self._post = post
        self._made = made
        self._failed = failed
        self._again = again
        self._asked: dict[Future[Answer[EmbeddedAudio]], Item] = {}
        self._unavailable_since = 0.0
        self.backoff = Backoff()
        #: Whether the model has given a vector: it is loaded.
        self.settled = False
        #: Whether its worker said last that there is no room for the model.
        self.short_of_memory = False

    @property
    def in_flight(self) -> int:
        return len(self._asked)

    def embed(self, item: Item) -> None:
        """Ask for the vector of a track."""
        timeout = (DEADLINE_SECONDS + DEADLINE_PER_SECOND * item.entry.duration) * 2**item.late
        request = AudioRequest(path=portable(item.path), duration=item.entry.duration or None)
        future = self._client.audio.submit(request, timeout=timeout, lane=BATCH)
        self._asked[future] = item
        future.add_done_callback(lambda done: self._post(lambda: self._answered(done)))

    def cancel(self) -> None:
        """Take back what is being computed."""
        for future in list(self._asked):
            future.cancel()

    def begin_anew(self) -> None:
        """Its turn ended, or begins again: what was is no reason to leave the model."""
        self.short_of_memory = False
        self._unavailable_since = 0.0

    def _answered(self, done: Future[Answer[EmbeddedAudio]]) -> None:
        item = self._asked.pop(done, None)
        if item is None or done.cancelled():
            return
        error = done.exception()
        if error is None and not _is_one_vector(done.result()):
            error = ModelFailed(f"{self._model} answered with something that is not one vector")
        if error is None:
            self.backoff.succeeded()
            self._unavailable_since = 0.0
            self.settled, self.short_of_memory = True, False
            self._made(item, done.result())
        elif isinstance(error, MeshError) and (passes(error) or self._is_crowded(error)):
            self._try_later(item, error)
        elif isinstance(error, MeshError):
            self.backoff.succeeded()
            self._failed(item, error)
        else:
            raise error

    def _is_crowded(self, error: MeshError) -> bool:
        """Whether the track may well fit once the model has its device to itself."""
        return isinstance(error, OutOfMemory) and self.beside_others

    def _try_later(self, item: Item, error: MeshError) -> None:
        """A part of the mesh is away: that is not the track's fault, unless it is always this track that is late."""
        if isinstance(error, DeadlineExceeded):
            item.late += 1
            if item.late >= MAX_LATE:
                self._failed(item, ModelFailed(f"its deadline passed {item.late} times: {error.message}"))
                return
        if isinstance(error, ModelUnavailable | OutOfMemory):
            self.short_of_memory = True
            self._unavailable_since = self._unavailable_since or time.monotonic()
            if time.monotonic() - self._unavailable_since > UNAVAILABLE_SECONDS:
                raise JobFailed(error.message)
        self.backoff.failed(error)
        self._again(item)


def _is_one_vector(answer: Answer[EmbeddedAudio]) -> bool:
    return [len(blob) for blob in answer.blobs] == [4 * answer.value.dim]
