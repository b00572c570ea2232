"""Coalescing: texts for one model that arrive while others are on their way travel together, as one request.

Broker and worker then pay for one request instead of dozens. No text waits for company: one that finds fewer than
`MOST_UNDER_WAY` requests under way leaves at once, and the others leave when one returns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Final

from contract.errors import Busy, DeadlineExceeded, MeshError, ModelUnavailable, NoWorker, TextUnavailable
from contract.operation import INTERACTIVE, AsyncCaller
from gateway.http.tracing import TRACE
from gateway.text.gathering import Gathering, JointRequest, WaitingText
from gateway.text.vector import TextVector

#: Seconds between two checks of deadlines while texts share requests.
TICK_SECONDS: Final = 0.1
#: Errors that concern the mesh or the whole model; any other may be due to one of the texts.
OF_ALL: Final = (NoWorker, Busy, DeadlineExceeded, ModelUnavailable, TextUnavailable)


class Coalescing:
    """Asks models for the vectors of texts (`embed.text`); models and lanes do not wait for each other."""

    def __init__(self, mesh: AsyncCaller) -> None:
        self._mesh = mesh
        self._gatherings: dict[tuple[str, str], Gathering] = {}
        #: Texts that share requests, waiting or under way.
        self._open: set[WaitingText] = set()
        self._requests: set[JointRequest] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def vector(self, model: str, text: str, timeout: float, lane: str = INTERACTIVE) -> TextVector:
        """Return the vector of `text` within `timeout` seconds. Raises the worker's error, `Internal`.

        A caller that leaves takes its own text back, not those that travel with it.
        """
        gathering = self._gatherings.get((model, lane)) or self._add(model, lane)
        if not gathering.is_free:
            return await self._gathered(gathering, text, timeout)
        gathering.under_way += 1
        try:
            return (await gathering.ask([text], timeout))[0]
        finally:
            self._returned(gathering)

    async def close(self) -> None:
        """Cancel every shared request, and those who wait for it."""
        for text in self._open:
            text.future.cancel()
        tasks = [request.task for request in self._requests]
        for task in tasks:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _add(self, model: str, lane: str) -> Gathering:
        gathering = self._gatherings[model, lane] = Gathering(self._mesh, model, lane)
        return gathering

    async def _gathered(self, gathering: Gathering, text: str, timeout: float) -> TextVector:
        loop = self._loop = self._loop or asyncio.get_running_loop()
        waiting = WaitingText(text, gathering.service, time.monotonic() + timeout, TRACE.get(), loop.create_future())
        gathering.waiting.append(waiting)
        self._open.add(waiting)
        self._keep_time(loop)
        self._send_due(gathering)
        try:
            return await waiting.future
        except asyncio.CancelledError:
            if waiting.request is not None:
                waiting.request.cancel_if_unwanted()
            raise
        finally:
            self._open.discard(waiting)

    def _returned(self, gathering: Gathering) -> None:
        """Note that a request is no longer under way; what has gathered meanwhile leaves."""
        gathering.under_way -= 1
        self._send_due(gathering)

    def _send_due(self, gathering: Gathering) -> None:
        while gathering.is_due:
            if texts := gathering.take():
                self._send(gathering, texts)

    def _send(self, gathering: Gathering, texts: Sequence[WaitingText]) -> None:
        gathering.under_way += 1
        request = JointRequest(texts, asyncio.create_task(self._make(gathering, texts)))
        self._requests.add(request)
        request.task.add_done_callback(lambda _: self._requests.discard(request))
        for text in texts:
            text.request = request

    async def _make(self, gathering: Gathering, texts: Sequence[WaitingText]) -> None:
        """Make a request, with the trace id of its first text and the latest deadline, and share its outcome."""
        TRACE.set(texts[0].trace)
        timeout = max(0.0, max(text.until for text in texts) - time.monotonic())
        try:
            vectors = await self._asked(gathering, [text.text for text in texts], timeout)
        except MeshError as error:
            if len(texts) == 1 or isinstance(error, OF_ALL):
                _fail(texts, error)
            else:
                self._ask_apart(gathering, texts)
        except BaseException:  # cancelled, or a defect, which asyncio logs
            for text in texts:
                text.future.cancel()
            raise
        else:
            for text, vector in zip(texts, vectors, strict=True):
                if not text.future.done():
                    text.future.set_result(vector)

    async def _asked(self, gathering: Gathering, texts: list[str], timeout: float) -> list[TextVector]:
        try:
            return await gathering.ask(texts, timeout)
        finally:
            self._returned(gathering)

    def _ask_apart(self, gathering: Gathering, texts: Sequence[WaitingText]) -> None:
        """Ask each text by itself: one of them may have failed the request of all."""
        gathering.start_anew()
        for text in texts:
            if not text.future.done():
                self._send(gathering, [text])

    def _keep_time(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is None and self._open:
            self._timer = loop.call_later(TICK_SECONDS, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the texts whose own deadline has passed: the request that they share may have a later one."""
        now = time.monotonic()
        for text in [text for text in self._open if text.until <= now]:
            _fail([text], DeadlineExceeded(f"{text.service} did not answer before the request's deadline"))
            if text.request is not None:
                text.request.cancel_if_unwanted()
        self._timer = None
        self._keep_time(loop)


def _fail(texts: Iterable[WaitingText], error: MeshError) -> None:
    """Give each text an error of its own: an error keeps the traceback of whoever raises it."""
    for text in texts:
        if not text.future.done():
            text.future.set_exception(type(error)(error.message, error.detail))
