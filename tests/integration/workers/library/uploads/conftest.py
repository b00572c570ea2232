"""Uploads through the whole mesh: socket, gateway, broker, library and search in processes of their own."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.ports import free_port
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually

#: Key for the one endpoint that is listed.
KEY = "sk-secret-of-the-test"

#: Seconds that one reply may take on a loaded machine.
PATIENCE = 90.0

Upload = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def listed_port() -> int:
    """The port of the endpoint that the key may be sent to."""
    return free_port()


@pytest.fixture(scope="module")
def mesh(listed_port: int) -> Iterator[LibraryMesh]:
    mesh = LibraryMesh()
    mesh.environment |= {
        "SONICMESH_OPENAI_KEY": KEY,
        "SONICMESH_OPENAI_ENDPOINTS": f"http://127.0.0.1:{listed_port}/v1",
        "NAVIDROME_EMBED_SOCKET": str(mesh.folder / "embed.sock"),
        "NAVIDROME_RECOMMENDER_PORT": str(free_port()),
        "TEXT_EMBEDDING_PORT": str(free_port()),
    }
    mesh.spawn("-m", "gateway")
    eventually((mesh.folder / "embed.sock").exists, "the socket of uploads")
    yield mesh
    mesh.close()


@pytest.fixture
def music(mesh: LibraryMesh, tmp_path: Path) -> Music:
    mesh.reset()
    return Music(tmp_path / "library")


@pytest.fixture
def uploads() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(mesh: LibraryMesh, music: Music, tmp_path: Path) -> Iterator[Callable[..., LibraryWorker]]:
    """Starts the library worker once the music is there."""
    workers: list[LibraryWorker] = []

    def begin(**settings: str) -> LibraryWorker:
        splits = {"SONICMESH_UPLOAD_SPLITS": str(tmp_path / "splits")}
        workers.append(LibraryWorker(mesh, music, tmp_path / "data", **splits, **settings))
        workers[-1].ready()
        return workers[-1]

    yield begin
    for worker in workers:
        worker.stop()


@pytest.fixture
def upload(mesh: LibraryMesh) -> Upload:
    """One exchange, as Navidrome does it: a line, half-close, read to the end."""

    return lambda **line: exchange(mesh.folder / "embed.sock", **line)


def begin(path: Path, **line: Any) -> socket.socket:
    """A connection that has sent its line and half-closed."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE)
    client.connect(str(path))
    client.sendall(orjson.dumps({k: str(v) if isinstance(v, Path) else v for k, v in line.items()}) + b"\n")
    client.shutdown(socket.SHUT_WR)
    return client


def exchange(path: Path, **line: Any) -> dict[str, Any]:
    """One line in, one line out."""
    with begin(path, **line) as client, client.makefile("rb") as stream:
        reply: dict[str, Any] = orjson.loads(stream.read())
    return reply


def waiting(data: Path) -> int:
    with closing(sqlite3.connect(data / "uploads.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM waiting").fetchone()[0])
