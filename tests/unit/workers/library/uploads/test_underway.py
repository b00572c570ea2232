"""Uploads that are requested twice, and uploads that nobody waits for any more."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from contract.errors import DeadlineExceeded, DecodeFailed
from workers.library.uploads.running import KEPT, RunningUploads
from workers.library.uploads.timing import GivenUp, UploadLimit

LATER = time.time() + 3600


class Work:
    """Waits for `gate`, and counts how often it is done."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.gate: Future[None] = Future()
        self.times = 0

    def __call__(self, limit: UploadLimit) -> dict[str, Any]:
        self.times += 1
        self.begun.set()
        limit.wait(self.gate, "the gate stayed closed")
        return {"times": self.times}


def test_an_upload_that_is_asked_for_again_is_done_once() -> None:
    under_way, work = RunningUploads[dict[str, Any]](), Work()
    with ThreadPoolExecutor() as pool:
        # Given one that is under way
        first = pool.submit(under_way.run, "u1", LATER, work)
        assert work.begun.wait(30)
        # When it comes again, before its end and after it
        second = pool.submit(under_way.run, "u1", LATER, work)
        work.gate.set_result(None)
        found = [first.result(30), second.result(30), under_way.run("u1", LATER, work)]
    # Then
    assert found == [{"times": 1}] * 3
    assert under_way.run("u2", LATER, work) == {"times": 2}


def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    under_way, work = RunningUploads[dict[str, Any]](), Work()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(under_way.run, "u1", LATER, work)
        assert work.begun.wait(30)
        second = pool.submit(under_way.run, "u1", LATER, work)
        work.gate.set_exception(DecodeFailed("broken"))
        for each in (first, second):
            with pytest.raises(DecodeFailed):
                each.result(30)
    assert under_way.run("u1", LATER, lambda _: {"mended": True}) == {"mended": True}


def test_one_that_nobody_waits_for_ends() -> None:
    under_way, work = RunningUploads[dict[str, Any]](), Work()
    with ThreadPoolExecutor() as pool:
        found = pool.submit(under_way.run, "u1", LATER, work)
        assert work.begun.wait(30)
        under_way.give_up("u1")
        with pytest.raises(GivenUp):
            found.result(30)
    # And one that is given up before its turn has come is not begun
    under_way.give_up("u2")
    with pytest.raises(GivenUp):
        under_way.run("u2", LATER, work)
    assert work.times == 1


def test_who_joins_has_a_deadline_too() -> None:
    under_way, work = RunningUploads[dict[str, Any]](), Work()
    with ThreadPoolExecutor() as pool:
        pool.submit(under_way.run, "u1", LATER, work)
        assert work.begun.wait(30)
        with pytest.raises(DeadlineExceeded):
            under_way.run("u1", time.time() + 0.1, work)
        work.gate.set_result(None)


def test_only_the_last_ones_are_remembered() -> None:
    under_way, again = RunningUploads[dict[str, Any]](), Work()
    again.gate.set_result(None)
    for number in range(KEPT + 2):
        under_way.run(str(number), LATER, lambda _: {})
    assert under_way.run("0", LATER, again) == {"times": 1}
    assert under_way.run(str(KEPT + 1), LATER, again) == {}
