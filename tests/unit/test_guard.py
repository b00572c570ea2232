"""A unit test that leaves its process is refused."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import threading
from collections.abc import Callable

import pytest
import zmq

from tests.unit.conftest import GUARD, NotAUnitTest

#: A port that nothing listens on; the guard refuses before anybody is asked.
PORT = 9


def bind_tcp() -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(f"tcp://127.0.0.1:{PORT}")


def connect() -> None:
    with socket.socket() as client:
        client.connect(("127.0.0.1", PORT))


WAYS: list[Callable[[], object]] = [
    lambda: subprocess.run(["true"], check=True),
    lambda: os.system("true"),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    os.fork,
    multiprocessing.Process(target=print).start,
    bind_tcp,
    connect,
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_is_refused(way: Callable[[], object]) -> None:
    with pytest.raises(NotAUnitTest, match=r"tests/integration or tests/endtoend"):
        way()
    assert len(GUARD.refused) == 1
    GUARD.refused.clear()


def test_sockets_within_the_process_are_not() -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
        pull.bind("inproc://here")
        push.connect("inproc://here")
        push.send(b"x")
        assert pull.recv() == b"x"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_leaves_is_noticed() -> None:
    thread = threading.Thread(target=lambda: subprocess.run(["true"], check=True))
    thread.start()
    thread.join()
    assert len(GUARD.refused) == 1
    GUARD.refused.clear()
