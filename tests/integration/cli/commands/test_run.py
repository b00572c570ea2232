"""Starting a mesh right after another has ended."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ports import free_port
from cli import starting
from cli.supervisor import _alive
from contract.settings import SettingsError
from gateway.settings import GatewaySettings
from tests.harness.waiting import eventually


@pytest.fixture
def taken() -> Iterator[tuple[GatewaySettings, socket.socket]]:
    """A gateway's port, and who listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        yield GatewaySettings(NAVIDROME_RECOMMENDER_PORT=port, TEXT_EMBEDDING_PORT=free_port()), listener


def test_a_port_that_a_killed_gateway_still_holds_is_waited_for(taken: tuple[GatewaySettings, socket.socket]) -> None:
    settings, listener = taken
    timer = threading.Timer(0.5, listener.close)
    timer.start()
    starting.check_ports(settings)
    timer.join()


def test_a_port_of_somebody_else_is_told(
    taken: tuple[GatewaySettings, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "PORT_SECONDS", 0.2)
    with pytest.raises(SettingsError, match="NAVIDROME_RECOMMENDER_PORT to a free port"):
        starting.check_ports(taken[0])


def test_a_process_is_there_as_long_as_one_of_its_threads() -> None:
    # Given a process whose first thread has ended, which looks dead
    code = (
        "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); "
        "print('x', flush=True); ctypes.CDLL(None).pthread_exit(None)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        status = Path(f"/proc/{process.pid}/status")
        eventually(lambda: "State:\tZ" in status.read_text(), "the first thread has ended")
        # Then it counts as alive
        assert _alive(process.pid)
        process.kill()
        eventually(lambda: not _alive(process.pid), "it is gone")
