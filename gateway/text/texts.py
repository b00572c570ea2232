"""Vectors of texts: computed by the models, cached, and shared by concurrent requests for the same text."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from contract.errors import Busy, Internal, InvalidRequest, NoWorker, TextUnavailable
from contract.event import Event
from contract.loading import ModelUnloaded
from contract.search import AsyncSearchClient, DirectionRequest
from gateway.mesh import MeshConnection
from gateway.text.coalescing import Coalescing
from gateway.text.vector import TextVector

#: Size of the cache, in bytes; a vector of 1,536 numbers takes 6 KB, so that some 150 fit, one of 76,800 takes 300 KB.
MAX_BYTES: Final = 1024 * 1024
#: Overhead of a cached text beyond its characters and numbers, in bytes: key, record, table slot.
ENTRY_BYTES: Final = 400
#: Most texts being embedded at once, for all callers together.
MAX_PENDING: Final = 512
#: Seconds before asking a model without a text side again.
WITHOUT_TEXT_SECONDS: Final = 30.0

Key = tuple[str, str]


@dataclass(slots=True)
class _Pending:
    """One call in flight, made by its first caller or, after a timeout or a cancel, by `task`; `others` wait for it.

    If `detached`, it continues without any caller.
    """

    task: asyncio.Task[TextVector] | None = None
    others: list[asyncio.Future[TextVector]] = field(default_factory=list)
    detached: bool = False

    def waiting(self) -> list[asyncio.Future[TextVector]]:
        return [other for other in self.others if not other.done()]


class TextVectors:
    """Vectors of texts, with a bounded cache by model and text.

    A model that `reads` is asked itself (`embed.text`). For others the search finds where the tracks that the words ask
    for lie; that changes as the library does, so it is not cached.
    """

    def __init__(
        self, mesh: MeshConnection, seconds: float, reads: Callable[[str], bool] = lambda _model: True
    ) -> None:
        self._mesh = mesh
        self._coalescing = Coalescing(mesh)
        self._seconds = seconds
        self._reads = reads
        self._known: OrderedDict[Key, TextVector] = OrderedDict()
        self._bytes = 0
        #: The checkpoint that made a model's vectors.
        self._model_ids: dict[str, str] = {}
        self._pending: dict[Key, _Pending] = {}
        self._without: dict[str, tuple[float, TextUnavailable]] = {}

    async def vector(self, model: str, text: str, budget: float | None = None) -> TextVector:
        """Return the vector of `text` in `model`. Raises `TextUnavailable`, or the worker's error.

        Raises `TimeoutError` after `budget` seconds; the call continues in the background, so that a cold model is warm
        next time. Cancelling a caller cancels the call, unless others wait for it too; it may then be made again.
        """
        key = (model, text)
        cached = self._known.get(key)
        if cached is not None:
            self._known.move_to_end(key)
            return cached
        if self._without and self._reads(model):
            self._raise_if_without(model)
        pending = self._pending.get(key)
        if pending is None:
            pending = self._add(key)
            if budget is None:  # no task of its own: most texts have one caller
                return await self._lead(key, pending)
            self._start(key, pending)
        return await self._follow(key, pending, budget)

    def observe_event(self, event: Event) -> None:
        """Forget a model's vectors after an unload on request: its text side may have been trained since."""
        if isinstance(event, ModelUnloaded) and event.reason == "request":
            self._forget([key for key in self._known if key[0] == event.model])

    async def close(self) -> None:
        """Cancel every call."""
        pending = list(self._pending.values())
        self._pending.clear()
        tasks = [each.task for each in pending if each.task is not None]
        for waiting in (*tasks, *(other for each in pending for other in each.waiting())):
            waiting.cancel()
        await asyncio.gather(*tasks, self._coalescing.close(), return_exceptions=True)

    def _add(self, key: Key) -> _Pending:
        if len(self._pending) >= MAX_PENDING:
            raise Busy(f"{MAX_PENDING} texts are already being embedded; try again", {"retry_after": 1})
        pending = self._pending[key] = _Pending()
        return pending

    def _start(self, key: Key, pending: _Pending) -> None:
        """Make the call in a task."""
        pending.task = asyncio.create_task(self._lead(key, pending))
        # Retrieve the error of a call without callers, so that asyncio does not warn.
        pending.task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _lead(self, key: Key, pending: _Pending) -> TextVector:
        """Make the call and tell its outcome to the others. If this caller leaves, a task makes it again for them."""
        try:
            found = await (self._embedded(*key) if self._reads(key[0]) else self._found(*key))
        except asyncio.CancelledError:
            if self._pending.get(key) is pending and (pending.waiting() or pending.detached):
                self._start(key, pending)
            else:
                self._end(key, pending)
            raise
        except BaseException as error:
            self._end(key, pending)
            for other in pending.waiting():
                other.set_exception(error)
            raise
        self._end(key, pending)
        if pending.others:
            for other in pending.waiting():
                other.set_result(found)
        return found

    async def _follow(self, key: Key, pending: _Pending, budget: float | None) -> TextVector:
        """Wait for a call that another caller or a task makes."""
        other: asyncio.Future[TextVector] = asyncio.get_running_loop().create_future()
        pending.others.append(other)
        try:
            async with asyncio.timeout(budget):
                return await other
        except TimeoutError:
            pending.detached = True
            raise
        finally:
            other.cancel()
            if pending.task is not None and not pending.waiting() and not pending.detached:
                self._end(key, pending)
                pending.task.cancel()

    def _end(self, key: Key, pending: _Pending) -> None:
        if self._pending.get(key) is pending:
            del self._pending[key]

    async def _found(self, model: str, text: str) -> TextVector:
        """Return the direction in the model's space to the tracks that a text asks for. Raises `TextUnavailable`."""
        asked = DirectionRequest(text=text, model=model)
        try:
            answer = await AsyncSearchClient(self._mesh).direction.answer(asked, timeout=self._seconds)
        except (InvalidRequest, NoWorker) as error:
            raise TextUnavailable(f"{model} cannot embed a text: {error.message}", {"model": model}) from error
        said, blobs = answer.value, answer.blobs
        if len(blobs) != 1 or len(blobs[0]) != 4 * said.dim:
            raise Internal(f"the search answered something that is no vector of {said.dim} numbers")
        return TextVector(bytes(blobs[0]), said.dim, "", False, tuple(said.warnings))

    async def _embedded(self, model: str, text: str) -> TextVector:
        try:
            text_vector = await self._coalescing.vector(model, text, self._seconds)
        except NoWorker as error:
            raise TextUnavailable(
                f"{model} is not running here, so it cannot embed a text; start a worker of it", {"model": model}
            ) from error
        except TextUnavailable as error:
            self._without[model] = (time.monotonic() + WITHOUT_TEXT_SECONDS, error)
            raise
        if not text_vector.is_stub:
            self._remember((model, text), text_vector)
        return text_vector

    def _raise_if_without(self, model: str) -> None:
        until, error = self._without.get(model, (0.0, None))
        if error is not None and time.monotonic() < until:
            raise TextUnavailable(error.message, error.detail)

    def _remember(self, key: Key, text_vector: TextVector) -> None:
        """Cache a vector; forget those of another checkpoint of the same model, which lie in another space."""
        model = key[0]
        if self._model_ids.setdefault(model, text_vector.model_id) != text_vector.model_id:
            self._model_ids[model] = text_vector.model_id
            self._forget([cached_key for cached_key in self._known if cached_key[0] == model])
        if key in self._known:
            self._forget([key])
        self._known[key] = text_vector
        self._bytes += _size(key, text_vector)
        while self._bytes > MAX_BYTES:
            self._forget([next(iter(self._known))])

    def _forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._bytes -= _size(key, self._known.pop(key))


def _size(key: Key, text_vector: TextVector) -> int:
    return ENTRY_BYTES + sys.getsizeof(key[1]) + len(text_vector.vector)
