"""The mesh reads the database of a real Navidrome of another user: open, closing, closed, killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.workers.library.navidrome.navidrome_server import Server
from tests.harness.music import tone
from tests.harness.neighbours import IS_ROOT, OWNER, READER, READING, Program
from tests.harness.waiting import eventually

TITLES = ["a", "b", "c"]


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    folder.chmod(0o755)
    for seed, name in enumerate(TITLES):
        tone(folder / "music" / f"{name}.flac", seed)
    server = Server("0.64", folder, folder / "music")
    server.start()
    yield server
    server.kill()
    shutil.rmtree(folder)


@pytest.fixture
def mesh() -> Iterator[Program]:
    program = Program(READING, str(READER), str(OWNER))
    yield program
    program.kill()


def files(server: Server) -> dict[str, tuple[int, int]]:
    """Owner and size of the database and of the files next to it."""
    return {
        path.name: (path.stat().st_uid, path.stat().st_size)
        for path in server.data.iterdir()
        if path.name.startswith("navidrome.db")
    }


class Asking(threading.Thread):
    """Reads on and on."""

    def __init__(self, mesh: Program, database: Path) -> None:
        super().__init__()
        self.said: list[Any] = []
        self._mesh = mesh
        self._database = database
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            self.said.append(sorted(self._mesh.ask(str(self._database))))

    def wait_for_more(self) -> None:
        seen = len(self.said)
        eventually(lambda: len(self.said) > seen + 3, "it was read again")

    def stop(self) -> None:
        self._over.set()
        self.join()


def test_beside_a_real_navidrome(server: Server, mesh: Program) -> None:
    database = str(server.database)
    # Given one that is open
    eventually(lambda: sorted(mesh.ask(database)) == TITLES, "the first scan is over")
    server.write("while it is read")
    # When it closes and opens while it is read all the time
    asking = Asking(mesh, server.database)
    asking.start()
    for number in range(2):
        server.stop()
        asking.wait_for_more()
        server.start()
        server.write(f"after start {number}")
    server.stop()
    asking.stop()
    # Then every read brought the tracks
    assert all(said == TITLES for said in asking.said), [said for said in asking.said if said != TITLES][:3]
    # When it is closed while nobody reads, then opened and closed again
    server.start()
    server.stop()
    assert list(files(server)) == ["navidrome.db"]
    before = files(server)
    assert sorted(mesh.ask(database)) == TITLES
    assert files(server) == before
    # When it is killed
    server.start()
    server.write("before it is killed")
    server.kill()
    before = files(server)
    assert len(before) == 3
    assert sorted(mesh.ask(database)) == TITLES
    # Then nothing next to it has changed, and it continues
    assert files(server) == before
    server.start()
    server.write("after it was killed")
    server.stop()
    assert {owner for owner, _ in files(server).values()} == {OWNER if IS_ROOT else os.getuid()}
