"""The broker's process as an operator sees it."""

from __future__ import annotations

import logging
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from broker.lock import lock_path, take_lock
from broker.process import LOG_FORMAT, LineFormat
from contract.errors import Conflict
from tests.harness.mesh import Mesh
from tests.harness.waiting import PATIENCE_S


def test_serving_part_imports_nothing_heavy() -> None:
    code = "import sys, broker.serve; print(*sorted({'numpy', 'pydantic', 'asyncio', 'aiohttp'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert done.stdout.strip() == ""


def test_lines_have_the_time_that_logging_would_write() -> None:
    ours, plain = LineFormat(), logging.Formatter(LOG_FORMAT)
    for created in (0.0, 0.999, 1_700_000_000.25, 1_700_000_000.5, 1_700_000_001.0):
        record = logging.makeLogRecord({"name": "broker", "levelname": "INFO", "msg": "%d done", "args": (3,)})
        record.created, record.msecs = created, 1000 * (created % 1)
        assert ours.format(record) == plain.format(record)


def test_bad_setting_is_one_clear_line() -> None:
    with Mesh() as mesh:
        done = subprocess.run(
            [sys.executable, "-m", "broker"],
            env=mesh.environment | {"SONICMESH_BROKER": "tcp://0.0.0.0:5555"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert done.returncode == 1
    assert "SONICMESH_BROKER" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_broker_on_tcp_serves_and_keeps_its_folder_private() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Mesh(SONICMESH_BROKER=f"tcp://127.0.0.1:{port}") as mesh, mesh.connect() as client:
        assert client.call("mmi.services", "list").result["services"]
        assert mesh.settings.run_dir.stat().st_mode & 0o777 == 0o700
        assert (mesh.settings.run_dir / "broker.lock").exists()


def test_lock_is_free_again_once_its_holder_is_gone(tmp_path: Path) -> None:
    path = lock_path(f"ipc://{tmp_path}/b.ipc", tmp_path / "run")
    with take_lock(path), pytest.raises(Conflict, match="already running"):
        take_lock(path)
    with take_lock(path):
        assert path == tmp_path / "b.ipc.lock"


def _logged(message: str, *values: object, error: Exception | None = None) -> list[str]:
    record = logging.makeLogRecord({"name": "broker", "levelname": "INFO", "msg": message, "args": values})
    if error is not None:
        record.exc_info = (type(error), error, None)
    return LineFormat().format(record).splitlines()


def test_nobody_forges_a_line_of_the_log() -> None:
    forged = "2030-01-01 00:00:00,000 INFO    broker: all is well"
    for separator in ("\n", "\r", "\x85", "\u2028"):
        assert len(_logged("host %s", f"a{separator}{forged}")) == 1
        told = _logged("failed", error=ValueError(f"a{separator}{forged}"))
        assert [line for line in told if line.startswith("20")] == told[:1]
    assert "\x1b" not in _logged("title %s", "\x1b[2J")[0]


def test_a_log_that_nobody_reads_stops_nobody() -> None:
    # Given a process that logs to a pipe which is not read
    lines = 20_000
    code = (
        "import logging, sys, time; from broker.process import setup_logging; setup_logging('info')\n"
        f"for n in range({lines}): logging.info('line %06d %s', n, 'x' * 80)\n"
        "print('went on', flush=True); sys.stdin.read()\n"
        "while logging.root.handlers[0]._backlog: time.sleep(0.01)\n"
        "logging.info('the reader is back')\n"
    )
    command = [sys.executable, "-c", code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        # Then it continues
        assert select.select([process.stdout], [], [], PATIENCE_S)[0], "it waits for its log"
        # When the reader is back, the lines come in order, and it is told how many are missing
        _, told = process.communicate(timeout=PATIENCE_S)
    *numbered, missing, last = told.decode().splitlines()
    assert [int(line.split("line ")[1][:6]) for line in numbered] == list(range(len(numbered)))
    assert missing == f"... {lines - len(numbered)} lines are missing here: nobody read the log"
    assert "the reader is back" in last
