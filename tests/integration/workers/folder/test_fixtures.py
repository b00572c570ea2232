"""Data folders of earlier releases, opened by the real workers of this release and a later one."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from broker.client import MeshClient
from contract.errors import MeshError
from tests.harness.data_folders import check_content, tables, told, unpack, write
from tests.harness.mesh import Mesh, workers_of
from tests.harness.planted_folder import BASE, LATER, STEPS
from tests.harness.waiting import eventually
from workers.folder.versions import newest
from workers.library.state.database import StateDatabase
from workers.library.state.schema import MIGRATIONS

#: Seconds for which a retrying worker is watched.
WATCHED_S = 6.0
#: Most seconds until a waiting worker checks again.
RETRY_S = 40.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A path that is short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="smf"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def mesh(folder: Path) -> Iterator[Mesh]:
    """A broker in `folder`; workers see no music there."""
    settings = {"NAVIDROME_DB_PATH": str(folder / "navidrome.db"), "SONICMESH_AUTO_EMBED": "false"}
    with Mesh(folder, **settings) as mesh:
        yield mesh


def test_workers_of_a_later_release_that_start_at_once_bring_it_up_to_date_once(folder: Path, mesh: Mesh) -> None:
    # Given a folder of this release
    answers = unpack(BASE, folder)
    # When both workers of a later release start
    for kind in ("search", "library"):
        mesh.spawn("-m", "tests.harness.planted_folder", "worker", kind, "--name", kind)
    # Then one of them has upgraded it, and both work on it
    with closing(mesh.connect()) as client:
        for kind in ("search", "library"):
            eventually(lambda kind=kind: workers_of(client, kind), f"a worker of {kind}")  # type: ignore[misc]
        eventually(
            lambda: client.call("library", "library.status", {}).result["state"] == "ready", "the library is read"
        )
        check_content(client, answers)
    assert (folder / "data" / STEPS).read_text() == "one\ntwo\n"
    assert told(folder / "data")["version"] == LATER
    assert "planted" not in tables(folder / "data" / f"state-v{BASE}.db")


def test_workers_wait_before_a_newer_folder(folder: Path, mesh: Mesh, capfd: pytest.CaptureFixture[str]) -> None:
    # Given a folder that a newer release has used
    answers = unpack(BASE, folder)
    write(folder / "data", version=newest() + 1, written_by="9.8.7")
    before = (folder / "data/state.db").read_bytes()
    with closing(mesh.connect()) as client:
        # When workers of this release start
        for kind in ("search", "library"):
            mesh.spawn("-m", "workers", kind, "--name", kind)
        for kind in ("search", "library"):
            # Then each waits, says why, and does not retry constantly
            said = eventually(lambda kind=kind: reason(client, kind), f"{kind} says why")  # type: ignore[misc]
            assert f"has version {newest() + 1}, by Sonic Mesh 9.8.7" in said
            assert "upgrade Sonic Mesh" in said
        time.sleep(WATCHED_S)
        lines = [line for line in capfd.readouterr().err.splitlines() if "cannot start: " in line]
        assert 2 <= len(lines) <= 12
        assert not workers_of(client, "search")
        assert (folder / "data/state.db").read_bytes() == before
        # When they support the folder's version
        write(folder / "data", version=newest(), written_by="0.1.0")
        # Then they continue without help
        until = time.monotonic() + RETRY_S
        while not (workers_of(client, "search") and workers_of(client, "library")):
            assert time.monotonic() < until
            time.sleep(0.2)
        check_content(client, answers)


def reason(client: MeshClient, worker: str) -> str:
    try:
        stats = client.call(f"worker.{worker}", "worker.stats", {}, timeout=5).result
    except MeshError:
        return ""  # it has not come yet
    return str(stats["reason"]) if stats["state"] == "waiting" else ""


def test_the_schema_of_a_fixture_is_brought_up_to_date(folder: Path) -> None:
    """`state.db` has migrations of its own, which run when the library worker opens it."""
    unpack(1, folder)
    StateDatabase(folder / "data").close()
    with closing(sqlite3.connect(folder / "data/state.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
