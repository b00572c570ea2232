"""What other threads want from the running job: pause, stop, let ids change."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final

from workers.library.jobs.backoff import Wait

#: Longest sleep of the job's thread, in seconds.
TICK_SECONDS: Final = 0.2


class Control:
    """The inbox of the job's thread. Any thread may call any method except `wait`."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._interrupted = threading.Event()
        self._stopped = threading.Event()
        self._paused = threading.Event()
        self._news = threading.Event()
        #: Whether the job starts nothing new for now, although nobody paused it.
        self.resting = False
        #: How many times outcomes of tracks were written to the state.
        self.outcomes = 0
        #: What the job's thread waits for outside a model's run; None if it does not wait.
        self.waits_for: Wait | None = None

    def post(self, event: Callable[[], None]) -> None:
        """Have the job's thread call `event`."""
        self._events.put(event)

    def wake(self) -> None:
        self.post(lambda: None)

    def wait(self, seconds: float = TICK_SECONDS) -> None:
        """Run what was posted; sleep up to `seconds` until something is."""
        try:
            event = self._events.get(timeout=seconds)
            while True:
                event()
                event = self._events.get_nowait()
        except queue.Empty:
            return

    @property
    def stopped(self) -> bool:
        """Whether the worker is stopping."""
        return self._stopped.is_set()

    @property
    def interrupted(self) -> bool:
        """Whether the job must stop working soon; it may continue later."""
        return self._interrupted.is_set() or self.stopped

    @property
    def paused(self) -> bool:
        return self._paused.is_set()

    @property
    def idle(self) -> bool:
        """Whether the job starts nothing new: it is paused or rests."""
        return self.paused or self.resting

    def tell_news(self) -> None:
        """Note that the library changed."""
        self._news.set()
        self.wake()

    def take_news(self) -> bool:
        """Return whether the library changed since the last call."""
        news = self._news.is_set()
        self._news.clear()
        return news

    def stop(self) -> None:
        self._stopped.set()
        self.wake()

    def interrupt(self) -> None:
        self._interrupted.set()
        self.wake()

    def resume(self) -> None:
        """End an interruption."""
        self._interrupted.clear()

    def pause(self, *, on: bool) -> None:
        (self._paused.set if on else self._paused.clear)()
        self.wake()
