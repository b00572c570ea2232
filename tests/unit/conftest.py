"""Unit tests stay in their process: one that starts another, or opens a connection, is refused."""

from __future__ import annotations

import multiprocessing.process
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
import zmq

HERE: Final = Path(__file__).parent
#: What Python reports to audit hooks before it starts a process or opens a connection.
FORBIDDEN: Final = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
        "subprocess.Popen",
    }
)


class NotAUnitTest(BaseException):
    """A unit test left its process. No `except Exception` of the code under test hides it."""


class Guard:
    """Refuses while `watching`, and remembers what it refused: a thread may swallow the refusal."""

    def __init__(self) -> None:
        self.watching = False
        self.refused: list[str] = []

    def refuse(self, what: str) -> NoReturn:
        self.refused.append(what)
        raise NotAUnitTest(f"{what}: a test that needs this belongs in tests/integration or tests/endtoend")

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watching and event in FORBIDDEN:
            self.refuse(f"{event} {arguments[:2]}")


GUARD: Final = Guard()
sys.addaudithook(GUARD.audit)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    """Watches a test with all its fixtures, also those that it shares. Pytest calls this for every test of a run."""
    GUARD.watching = item.path.is_relative_to(HERE)
    try:
        return (yield)
    finally:
        GUARD.watching = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[Any]:
    GUARD.refused.clear()
    result = yield
    assert GUARD.refused == [], "a thread of the test left its process"
    return result


@pytest.fixture(autouse=True)
def stays_in_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways out of which Python's audit hooks are not told: ZeroMQ's sockets, and `multiprocessing`."""
    for name in ("bind", "connect"):
        monkeypatch.setattr(zmq.Socket, name, _inproc_only(getattr(zmq.Socket, name)))
    monkeypatch.setattr(
        multiprocessing.process.BaseProcess, "start", lambda process: GUARD.refuse(f"start of {process!r}")
    )


def _inproc_only(method: Any) -> Any:
    def checked(socket: zmq.Socket[bytes], address: str) -> Any:
        if not address.startswith("inproc:"):
            GUARD.refuse(f"socket of {address}")
        return method(socket, address)

    return checked
