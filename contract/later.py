"""Futures that transform another future's result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")


def then(first: Future[T], change: Callable[[T], U]) -> Future[U]:
    """Returns a future of `change(result)`, with the errors of both; cancelling either future cancels the other."""
    second: Future[U] = Future()

    def settle(done: Future[T]) -> None:
        if done.cancelled():
            second.cancel()
        elif second.set_running_or_notify_cancel():
            try:
                second.set_result(change(done.result()))
            except BaseException as error:  # noqa: BLE001  any error belongs to the caller that waits
                second.set_exception(error)

    second.add_done_callback(lambda done: first.cancel() if done.cancelled() else None)
    first.add_done_callback(settle)
    return second
