"""Uploads in progress by the ids of their senders: a repeated request joins the first one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from workers.library.uploads.timing import UploadLimit

#: Number of uploads to remember after they end, because a reply may have been lost with the broker.
KEPT: Final = 64

T = TypeVar("T")


@dataclass(slots=True)
class _Run(Generic[T]):
    begun: bool = False
    given_up: threading.Event = field(default_factory=threading.Event)
    result: Future[T] = field(default_factory=Future)


class RunningUploads(Generic[T]):
    """Runs each upload once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._uploads: OrderedDict[str, _Run[T]] = OrderedDict()

    def run(self, upload_id: str, deadline: float, work: Callable[[UploadLimit], T]) -> T:
        """Run `work` once for this id and return its result; failures are not remembered.

        Raises what `work` raises, and `DeadlineExceeded`.
        """
        run, first = self._enter(upload_id)
        limit = UploadLimit(deadline, run.given_up)
        if not first:
            return limit.wait(run.result, "the upload did not finish in time")
        try:
            limit.check("the upload did not start in time")
            result = work(limit)
        except BaseException as error:
            with self._lock:
                self._uploads.pop(upload_id, None)
            run.result.set_exception(error)
            raise
        run.result.set_result(result)
        return result

    def give_up(self, upload_id: str) -> None:
        """Note that nobody wants this upload any more, even if it has not arrived yet."""
        with self._lock:
            self._one(upload_id).given_up.set()

    def close(self) -> None:
        """Give up all uploads because the worker stops; callers ask another one."""
        with self._lock:
            for run in self._uploads.values():
                run.given_up.set()

    def _enter(self, upload_id: str) -> tuple[_Run[T], bool]:
        with self._lock:
            run = self._one(upload_id)
            first, run.begun = not run.begun, True
        return run, first

    def _one(self, upload_id: str) -> _Run[T]:
        if upload_id not in self._uploads:
            idle = [key for key, run in self._uploads.items() if run.result.done() or not run.begun]
            for key in idle[: max(0, len(self._uploads) - KEPT)]:
                del self._uploads[key]
        return self._uploads.setdefault(upload_id, _Run())
