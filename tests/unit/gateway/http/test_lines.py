"""The gateway writes all its log lines in order, with one write per turn."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from typing import cast

import pytest

from broker.process import LineFormat
from gateway.http.lines import LineHandler, info


class Stream(io.StringIO):
    """Remembers every write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return super().write(text)


def logger() -> tuple[logging.Logger, Stream]:
    """A logger of its own, and where it writes."""
    stream = Stream()
    made = logging.Logger("test", logging.INFO)
    made.addHandler(LineHandler(cast(io.TextIOWrapper, stream)))
    return made, stream


def test_lines_of_a_turn_go_out_together() -> None:
    log, stream = logger()

    async def turns() -> None:
        for n in range(3):
            log.info("%d", n)
        assert stream.writes == []
        await asyncio.sleep(0)
        assert stream.writes == ["0\n1\n2\n"]
        log.info("later")
        await asyncio.sleep(0)

    asyncio.run(turns())
    assert stream.writes == ["0\n1\n2\n", "later\n"]


def test_without_a_loop_a_line_goes_out_at_once() -> None:
    log, stream = logger()
    log.info("before")
    assert stream.writes == ["before\n"]

    async def turn() -> None:
        log.info("waits")
        thread = threading.Thread(target=log.info, args=("from a thread",))
        thread.start()
        thread.join()
        assert stream.writes[1:] == ["waits\nfrom a thread\n"]

    asyncio.run(turn())


def test_what_waits_is_written_when_logging_ends() -> None:
    log, stream = logger()

    async def ends() -> None:
        log.info("last")
        log.handlers[0].flush()
        assert stream.writes == ["last\n"]

    asyncio.run(ends())
    assert stream.writes == ["last\n"]


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """A root logger as `setup_logging` makes it, at a fixed time."""
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.25)
    made, _ = logger()
    made.handlers[0].setFormatter(LineFormat())
    return made


@pytest.mark.parametrize("message", ["GET / 200", "two\nlines \x1b[2J", "100 % %s"])
def test_a_line_without_a_record_is_the_same_line(root: logging.Logger, message: str) -> None:
    async def turns(other: logging.Handler | None) -> str:
        if other is not None:
            root.addHandler(other)
        stream = Stream()
        root.handlers[0].stream = stream  # type: ignore[attr-defined]  # the handler's
        made = logging.Logger("gateway.access", logging.INFO)
        made.parent = root
        made.root = root  # type: ignore[misc, assignment]  # else the test runner's
        made.info("%s", "before")
        info(made, message)
        assert stream.writes == []
        await asyncio.sleep(0)
        assert len(stream.writes) == 1
        return stream.getvalue()

    quick = asyncio.run(turns(None))
    seen = io.StringIO()
    assert asyncio.run(turns(logging.StreamHandler(seen))) == quick
    assert seen.getvalue() == f"before\n{message}\n"
    assert len(quick.splitlines()) == 2
    assert quick.startswith("20")
