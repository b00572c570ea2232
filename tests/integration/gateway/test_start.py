"""A start that fails says why in one line; a stop lets requests finish."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.ports import free_port
from tests.harness.gateway_mesh import serving
from tests.harness.http import Answer
from tests.harness.waiting import eventually


def start(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {
        **os.environ,
        "SONICMESH_HOME": str(tmp_path),
        "NAVIDROME_RECOMMENDER_PORT": str(free_port()),
        "TEXT_EMBEDDING_PORT": str(free_port()),
        "NAVIDROME_EMBED_SOCKET": "off",
    }
    command = [sys.executable, "-m", "gateway"]
    return subprocess.run(command, env=known | environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"NAVIDROME_RECOMMENDER_PORT": "99999"}, "NAVIDROME_RECOMMENDER_PORT='99999'"),
        ({"TEXT_EMBEDDING_PORT": "text"}, "TEXT_EMBEDDING_PORT='text'"),
        ({"NAVIDROME_RECOMMENDER_PORT": "9100", "TEXT_EMBEDDING_PORT": "9100"}, "choose two different ports"),
        ({"SONICMESH_HOST": "0.0.0.0"}, "set SONICMESH_TOKEN as well"),
        ({"SONICMESH_HOST": "192.0.2.1", "SONICMESH_TOKEN": "long-enough"}, "cannot listen on 192.0.2.1"),
        ({"SONICMESH_HOST": "no.such.host.invalid", "SONICMESH_TOKEN": "long-enough"}, "cannot listen on"),
        ({"SONICMESH_TOKEN": "short"}, "at least 8"),
        ({"SONICMESH_RATE_PER_USER": "-1"}, "SONICMESH_RATE_PER_USER"),
    ],
)
def test_bad_settings_are_one_line(tmp_path: Path, environment: dict[str, str], told: str) -> None:
    ended = start(tmp_path, **environment)
    assert ended.returncode == 2
    lines = [line for line in ended.stderr.splitlines() if line.startswith("gateway: ")]
    assert len(lines) == 1
    assert told in lines[0]
    assert "Traceback" not in ended.stderr
    assert "short" not in ended.stderr


@pytest.mark.parametrize("variable", ["NAVIDROME_RECOMMENDER_PORT", "TEXT_EMBEDDING_PORT"])
def test_a_port_that_is_taken(tmp_path: Path, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = start(tmp_path, **{variable: str(port)})
    assert (ended.returncode, f"cannot listen on 127.0.0.1:{port}" in ended.stderr) == (2, True)
    assert "Traceback" not in ended.stderr


def test_requests_in_flight_finish() -> None:
    with serving("search") as mesh:
        # Given a request that takes a while
        mesh.tell("slow-search", 2)
        answers: list[Answer] = []
        asking = threading.Thread(target=lambda: answers.append(mesh.playlist(seeds=[{"track_id": "T"}])))
        asking.start()
        eventually(lambda: mesh.calls("search", "recommend"), "the search works on it")
        # When the gateway is told to stop
        assert mesh.gateway is not None
        mesh.gateway.send_signal(signal.SIGTERM)
        began = time.monotonic()
        asking.join()
        # Then it is answered, and the process ends soon
        assert [answer.status for answer in answers] == [200]
        assert mesh.gateway.wait(timeout=30) == 0
        assert time.monotonic() - began < 15
