"""Has one model embed tracks, and interprets its answers and silences."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from contract.embedding import AudioRequest, EmbeddedAudio
from contract.errors import DeadlineExceeded, MeshError, ModelFailed, ModelUnavailable, OutOfMemory
from contract.operation import BATCH, ReplyWithBlobs
from workers.library.jobs.backoff import Backoff, passes
from workers.library.jobs.context import Context, JobFailed
from workers.library.jobs.items import Item
from workers.library.navidrome.paths import portable

#: Seconds that a track may take, including waiting and loading the model: the minimum, plus this much per second of
#: music.
DEADLINE_SECONDS: Final = 300.0
DEADLINE_PER_SECOND: Final = 10.0
#: How many deadlines, each twice the previous one, a track may miss before it counts as failed.
MAX_LATE: Final = 3
#: Seconds for which a model may report that it cannot be used before the job gives up on it.
UNAVAILABLE_SECONDS: Final = 600.0


class Embedder:
    """Asks the service of a model for vectors.

    `post` brings answers to the job's thread, which calls `made` with each vector, `failed` with each track that has
    none, and `again` with each track to retry.
    """

    #: Whether another model of the job is working too: memory that is missing now may be free later.
    beside_others = False

    def __init__(
        self,
        context: Context,
        model: str,
        post: Callable[[Callable[[], None]], None],
        made: Callable[[Item, ReplyWithBlobs[EmbeddedAudio]], None],
        failed: Callable[[Item, MeshError], None],
        again: Callable[[Item], None],
    ) -> None:
        self._model = model
        self._client = context.embedding(model)
        self._post = post
        self._made = made
        self._failed = failed
        self._again = again
        self._asked: dict[Future[ReplyWithBlobs[EmbeddedAudio]], Item] = {}
        self._unavailable_since = 0.0
        self.backoff = Backoff()
        #: Whether the model has returned a vector, so it is loaded.
        self.settled = False
        #: Whether its worker last reported that there is no room for the model.
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
        """Cancel the requests in flight."""
        for future in list(self._asked):
            future.cancel()

    def begin_anew(self) -> None:
        """Forget earlier memory problems: they are no reason to give up on a model whose turn ended or starts again."""
        self.short_of_memory = False
        self._unavailable_since = 0.0

    def _answered(self, done: Future[ReplyWithBlobs[EmbeddedAudio]]) -> None:
        item = self._asked.pop(done, None)
        if item is None or done.cancelled():
            return
        error = done.exception()
        if error is None and not _is_one_vector(done.result()):
            error = ModelFailed(f"{self._model} did not return exactly one vector")
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
        """Return whether the track may fit once the model has the device to itself."""
        return isinstance(error, OutOfMemory) and self.beside_others

    def _try_later(self, item: Item, error: MeshError) -> None:
        """Retry a track later.

        A part of the mesh is unavailable; that is not the track's fault unless this track always misses its deadline.
        """
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


def _is_one_vector(answer: ReplyWithBlobs[EmbeddedAudio]) -> bool:
    return [len(blob) for blob in answer.blobs] == [4 * answer.value.dim]
