"""The texts that wait for one model, and how many of them may travel in one request."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contract.embedding import MAX_TEXTS, AsyncEmbeddingClient, TextRequest, embedding_service
from contract.errors import Internal
from contract.operation import AsyncCaller
from gateway.text.vector import TextVector

#: Requests of one model that may be under way before texts wait for each other. Two keep the worker busy while the
#: gateway handles what came back; more make smaller requests (docs/benchmarks/mesh.md).
MOST_UNDER_WAY: Final = 2
#: Most texts in a request.
MOST_TEXTS: Final = min(64, MAX_TEXTS)
#: Seconds that a worker may compute on a request of several texts: nobody should wait long for the texts of others.
MOST_SECONDS: Final = 0.02
#: Largest reply to several texts, in bytes.
MOST_BYTES: Final = 1024 * 1024
#: Bytes of a vector's number.
NUMBER_BYTES: Final = 4
#: What the newest request counts in the average of the seconds that a text takes.
NEWEST: Final = 0.25


@dataclass(slots=True, eq=False)
class WaitingText:
    """A text that shares a request with others. `until` is its own deadline, in monotonic seconds."""

    text: str
    service: str
    until: float
    trace: str
    future: asyncio.Future[TextVector]
    request: JointRequest | None = None


@dataclass(slots=True, eq=False)
class JointRequest:
    """A request under way, and the texts in it."""

    texts: Sequence[WaitingText]
    task: asyncio.Task[None]

    def cancel_if_unwanted(self) -> None:
        """Take the request back if nobody waits for it anymore."""
        if all(text.future.done() for text in self.texts):
            self.task.cancel()


class Gathering:
    """The requests of one model in one lane. Counts what is under way, and learns how long a text takes.

    The slower a model, the fewer texts share a request, down to one. A request that is full leaves at once, however
    many are under way, so that all workers of a slow model have work.
    """

    def __init__(self, mesh: AsyncCaller, model: str, lane: str) -> None:
        self.model = model
        self.service = embedding_service(model)
        self.waiting: deque[WaitingText] = deque()
        self.under_way = 0
        self._call = AsyncEmbeddingClient(mesh, self.service).text
        self._lane = lane
        self._most = 1
        self._seconds_each = MOST_SECONDS

    @property
    def is_free(self) -> bool:
        """Whether a text may leave by itself: few requests are under way, or the model takes one text at a time."""
        return self.under_way < MOST_UNDER_WAY or self._most == 1

    @property
    def is_due(self) -> bool:
        """Whether those that wait may leave: few requests are under way, or waiting would not get them company."""
        waiting = len(self.waiting)
        return waiting > 0 and (self.under_way < MOST_UNDER_WAY or waiting >= self._most)

    def take(self) -> list[WaitingText]:
        """Remove the texts of the next request, those that have waited longest; skip those that nobody wants now."""
        texts: list[WaitingText] = []
        while self.waiting and len(texts) < self._most:
            text = self.waiting.popleft()
            if not text.future.done():
                texts.append(text)
        return texts

    async def ask(self, texts: list[str], timeout: float) -> list[TextVector]:
        """Return the vectors of texts, in order. Raises the worker's error, or `Internal` for a malformed reply."""
        began = time.monotonic()
        answer = await self._call.answer(TextRequest(texts=texts), timeout=timeout, lane=self._lane)
        said, blobs, count = answer.value, answer.blobs, len(texts)
        size = NUMBER_BYTES * said.dim
        if len(blobs) != 1 or len(blobs[0]) != count * size:
            what = "a vector" if count == 1 else f"{count} vectors"
            raise Internal(f"the worker of {self.model} did not return {what} of {said.dim} numbers")
        seconds = (answer.seconds or {}).get("compute", time.monotonic() - began)
        self._learn(seconds / count, size)
        if count == 1:
            return [TextVector(bytes(blobs[0]), said.dim, said.model_id, said.is_stub)]
        return [
            TextVector(bytes(blobs[0][start : start + size]), said.dim, said.model_id, said.is_stub)
            for start in range(0, count * size, size)
        ]

    def start_anew(self) -> None:
        """Send texts by themselves for a while: a request of several has failed."""
        self._most, self._seconds_each = 1, MOST_SECONDS

    def _learn(self, seconds: float, size: int) -> None:
        self._seconds_each += NEWEST * (seconds - self._seconds_each)
        in_time = MOST_TEXTS if self._seconds_each * MOST_TEXTS <= MOST_SECONDS else MOST_SECONDS / self._seconds_each
        self._most = max(1, min(int(in_time), MOST_BYTES // max(size, 1)))
