"""The doctor on a real mesh under supervisord: everything that can go wrong is made to go wrong, and fixed by what
it advises."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

import demo
from cli.doctor.parts import LONG_QUEUE
from tests.harness.places import REPOSITORY
from tests.harness.processes import kill
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

LIMIT = LONG_QUEUE + 20
SPECTRAL = "embed.spectral"
#: A process that ends at once.
BROKEN = "command=/bin/sh -c 'echo no such interpreter; exit 3'"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sm"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def mesh(folder: Path) -> Iterator[SupervisedMesh]:
    """A running mesh; a process that cannot run is given up after one retry, not after ten."""
    mesh = SupervisedMesh(
        folder / "h",
        NAVIDROME_DB_PATH=demo.build_small(folder / "music", 4).database,
        NAVIDROME_EMBED_SOCKET=folder / "up.sock",
        SONICMESH_QUEUE_LIMIT=LIMIT,
        SONICMESH_TOKEN="a-long-secret",
    )
    conf = mesh.folder / "supervisord.conf"
    conf.write_text(conf.read_text().replace("startretries=10", "startretries=1"))
    try:
        mesh.json("run")
        yield mesh
    finally:
        mesh.close()


def found(mesh: SupervisedMesh) -> dict[str, dict[str, Any]]:
    """Findings by subject; each fault comes with advice, and the exit code reflects it."""
    done = mesh.sonicmesh("doctor", "--json")
    document = orjson.loads(done.stdout)
    # disk and memory are the machine's, which no test provides
    wrong = [f for f in document["findings"] if f["status"] == "wrong"]
    assert done.returncode == (1 if wrong else 0)
    assert all(f["advice"] for f in document["findings"] if f["status"] != "ok")
    return {f["subject"]: f for f in document["findings"]}


def wrong(mesh: SupervisedMesh) -> dict[str, dict[str, Any]]:
    return {
        subject: finding
        for subject, finding in found(mesh).items()
        if finding["status"] == "wrong" and subject not in {"disk", "memory"}
    }


def follow(mesh: SupervisedMesh, advice: str) -> None:
    """Run the command that the advice quotes in backticks."""
    tool, *arguments = shlex.split(advice.split("`")[1])
    if tool == "supervisorctl":
        mesh.supervisorctl(*arguments)
    else:
        assert tool == "sonicmesh"
        assert mesh.sonicmesh(*arguments).returncode == 0


def healthy(mesh: SupervisedMesh) -> None:
    eventually(lambda: not wrong(mesh), seconds=120)


def post(mesh: SupervisedMesh, path: str, token: str) -> int:
    """The status of an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{mesh.port}{path}", b"{}", {"Authorization": token})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_plugin_that_never_asked_and_one_without_the_token(mesh: SupervisedMesh) -> None:
    healthy(mesh)
    plugin = found(mesh)["plugin"]
    assert (plugin["status"], "has sent no request" in plugin["message"]) == ("note", True)
    # When Navidrome asks with another token
    assert post(mesh, "/plugin/similar", "Bearer wrong") == 401
    # Then
    plugin = found(mesh)["plugin"]
    assert (plugin["status"], "SONICMESH_TOKEN" in plugin["advice"]) == ("wrong", True)
    mesh.supervisorctl("restart", "gateway")
    healthy(mesh)


def test_no_worker_and_a_queue_that_fills(mesh: SupervisedMesh) -> None:
    # Given
    healthy(mesh)
    mesh.supervisorctl("stop", "spectral:*")
    with mesh.connect() as client:

        def ask(number: int) -> None:
            for _ in range(number):
                client.submit(SPECTRAL, "embed.audio", {"path": "x", "duration": 1}, timeout=300, lane="batch")

        def waiting() -> int:
            return int(client.call("mmi.queues", "show").result["queues"][SPECTRAL]["batch"])

        # When many calls wait, then more than there is room for
        ask(LONG_QUEUE + 10)
        eventually(lambda: waiting() == LONG_QUEUE + 10)
        many = found(mesh)
        ask(20)
        eventually(lambda: waiting() == LIMIT)
        full = found(mesh)
    # Then
    assert many[f"queue of {SPECTRAL}"]["status"] == "note"
    assert full[f"queue of {SPECTRAL}"]["status"] == "wrong"
    assert "SONICMESH_QUEUE_LIMIT" in full[f"queue of {SPECTRAL}"]["message"]
    # When the advice is followed
    assert full[SPECTRAL]["status"] == "wrong"
    follow(mesh, full[SPECTRAL]["advice"])
    healthy(mesh)


def test_a_process_that_exits_at_once(mesh: SupervisedMesh) -> None:
    # Given a command that was broken while the mesh runs
    healthy(mesh)
    mesh.supervisorctl("stop", "search")
    stopped = wrong(mesh)["process search"]
    assert "was stopped" in stopped["message"]
    follow(mesh, stopped["advice"])
    healthy(mesh)
    conf = mesh.folder / "run" / "supervisord.conf"
    whole = conf.read_text()
    conf.write_text(re.sub(r"^command=.* search .*$", BROKEN, whole, flags=re.MULTILINE))
    mesh.supervisorctl("reread")
    mesh.supervisorctl("update", "search")
    eventually(lambda: "FATAL" in mesh.supervisorctl("status", "search"))
    # When
    dead = wrong(mesh)
    # Then the process is named with the end of its log, and mere consequences are not mentioned
    assert set(dead) == {"process search", "search"}
    assert "fatal" in dead["process search"]["message"]
    assert "no such interpreter" in dead["process search"]["message"]
    assert "line of its process" in dead["search"]["advice"]
    # When it is fixed and started again
    conf.write_text(whole)
    mesh.supervisorctl("reread")
    mesh.supervisorctl("update", "search")
    follow(mesh, dead["process search"]["advice"])
    healthy(mesh)


def test_a_gateway_whose_port_somebody_took(mesh: SupervisedMesh) -> None:
    # Given a gateway that dies and is started again and again
    healthy(mesh)
    mesh.supervisorctl("stop", "gateway")
    with socket.create_server(("127.0.0.1", mesh.port)):
        mesh.supervisorctl("start", "gateway")
        eventually(lambda: "process gateway" in found(mesh))
        # When
        port = wrong(mesh)[f"port {mesh.port}"]
    # Then
    assert "something else" in port["message"]
    assert "NAVIDROME_RECOMMENDER_PORT" in port["advice"]
    # Whether supervisord had given up or was about to try again depends on how long each try took
    mesh.supervisorctl("start", "gateway")
    healthy(mesh)


def test_a_broker_that_hangs(mesh: SupervisedMesh) -> None:
    healthy(mesh)
    pid = mesh.pids()["broker"]
    os.kill(pid, signal.SIGSTOP)
    broker = wrong(mesh)["broker"]
    assert "does not answer" in broker["message"]
    # supervisord asks it to end, and kills it after ten seconds
    follow(mesh, broker["advice"])
    healthy(mesh)


def test_an_upload_socket_that_somebody_removed(mesh: SupervisedMesh, folder: Path) -> None:
    healthy(mesh)
    (folder / "up.sock").unlink()
    uploads = wrong(mesh)["uploads"]
    assert "gone" in uploads["message"]
    follow(mesh, uploads["advice"])
    healthy(mesh)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """As a database browser does in the middle of an edit of a database without a log."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def absent(database: Path) -> Iterator[None]:
    """As after its disk was unmounted."""
    away = database.with_name("away.db")
    database.rename(away)
    yield
    away.rename(database)


@pytest.mark.parametrize(
    ("trouble", "told", "advised"),
    [(locked, "locked by another process", "end the program"), (absent, "no database", "NAVIDROME_DB_PATH")],
)
def test_a_database_that_is_locked_or_gone(
    mesh: SupervisedMesh, folder: Path, trouble: Callable[[Path], Any], told: str, advised: str
) -> None:
    healthy(mesh)
    with trouble(next(folder.glob("music/**/navidrome.db"))):
        database = wrong(mesh)["database"]
    assert told in database["message"]
    assert advised in database["advice"]
    healthy(mesh)


def test_a_mesh_that_was_killed_leaves_what_the_next_one_clears(mesh: SupervisedMesh) -> None:
    # Given a supervisord that was killed, and a process that somebody started by hand
    healthy(mesh)
    kill(mesh.supervisor_pid())
    eventually(lambda: "is not running" in found(mesh).get("mesh", {"message": ""})["message"])
    stray = subprocess.Popen([sys.executable, "-m", "broker"], cwd=REPOSITORY, env=mesh.environment())
    try:
        eventually(lambda: "processes" in wrong(mesh))
        killed = found(mesh)
        # Then both are reported, and stale sockets cause no trouble
        assert "was killed" in killed["mesh"]["message"]
        assert killed["uploads"]["status"] == "ok"
        assert set(wrong(mesh)) == {"processes"}
        follow(mesh, killed["mesh"]["advice"])
        healthy(mesh)
        assert stray.wait(30) is not None
    finally:
        stray.kill()
        stray.wait()


SMALL_DISK = "mount -t tmpfs -o size=64m tmpfs {data} && exec {python} -m cli.main doctor --json"


def test_a_disk_that_is_nearly_full(folder: Path) -> None:
    # Given a disk of 64 MiB for the data, in a view of the file systems that only this process has
    mesh = SupervisedMesh(folder / "small")
    (mesh.folder / "data").mkdir()
    script = SMALL_DISK.format(data=shlex.quote(str(mesh.folder / "data")), python=shlex.quote(sys.executable))
    command = ["unshare", "--mount", "sh", "-c", script]
    done = subprocess.run(command, cwd=REPOSITORY, env=mesh.environment(), capture_output=True, text=True, check=False)
    if not done.stdout:
        pytest.skip(f"file systems cannot be mounted here: {done.stderr.strip()}")
    # Then
    disk = {f["subject"]: f for f in orjson.loads(done.stdout)["findings"]}["disk"]
    assert (disk["status"], "0.1 GiB free" in disk["message"]) == ("wrong", True)
    assert "SONICMESH_DATA" in disk["advice"]
