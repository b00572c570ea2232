"""An upload with nothing in it made up: demo library, the spectral model, every part in its own process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

import demo
from bench.ports import free_port
from broker.client import MeshClient
from demo import DemoLibrary
from tests.harness.mesh import Mesh, workers_of
from tests.harness.waiting import eventually
from tests.integration.workers.library.uploads.conftest import exchange

ENDED = {"completed", "completed_with_errors", "failed"}


@pytest.fixture
def folder() -> Iterator[Path]:
    found = Path(tempfile.mkdtemp(prefix="sm"))
    yield found
    shutil.rmtree(found)


@pytest.fixture
def library(folder: Path) -> DemoLibrary:
    return demo.build_small(folder / "demo")


@pytest.fixture
def mesh(folder: Path, library: DemoLibrary) -> Iterator[Mesh]:
    """The library is embedded when the test begins."""
    mesh = Mesh(folder, NAVIDROME_DB_PATH=str(library.database), SONICMESH_UPLOAD_SPLITS=str(folder / "splits"))
    mesh.environment |= {
        "NAVIDROME_EMBED_SOCKET": str(folder / "embed.sock"),
        "NAVIDROME_RECOMMENDER_PORT": str(free_port()),
        "TEXT_EMBEDDING_PORT": str(free_port()),
    }
    try:
        for arguments in (["search"], ["library"], ["embed", "spectral"]):
            mesh.spawn("-m", "workers", *arguments, "--name", f"{arguments[-1]}_01")
        mesh.spawn("-m", "gateway")
        with mesh.connect() as client:
            eventually(lambda: workers_of(client, "library"), "the library worker")
            eventually(lambda: client.call("library", "batch.progress").result["status"] in ENDED, "the job's end")
            eventually((folder / "embed.sock").exists, "the socket")
        yield mesh
    finally:
        mesh.close()


def upload(folder: Path, **line: Any) -> dict[str, Any]:
    return exchange(folder / "embed.sock", **line)


def test_copies_in_other_clothes(folder: Path, library: DemoLibrary, mesh: Mesh) -> None:
    # Given a track of the library as a file of its own, and as lossy one
    track = library.tracks[0]
    copy, lossy = folder / f"copy{track.path.suffix}", folder / "lossy.ogg"
    shutil.copy(track.path, copy)
    samples, rate = soundfile.read(track.path)
    soundfile.write(lossy, samples, rate, format="OGG", subtype="VORBIS")
    label = f"{track.artist} - {track.title}"
    similar = {"similaritySearchEnabled": True, "dedupThreshold": "0.85"}
    # Then the copy is always found, the lossy one by its sound
    assert upload(folder, music_file=str(copy))["duplicates"] == [label]
    assert upload(folder, music_file=str(lossy))["duplicates"] == []
    assert upload(folder, music_file=str(lossy), settings=similar)["duplicates"][0] == label
    # When it comes into the library, as a track that was there and is replaced
    with MeshClient(mesh.endpoint) as client:
        before = client.call("search", "store.status").result["models"]["spectral"]["count"]
    reply = upload(folder, action="embed", music_file=str(track.path), track_id=track.id)
    # Then nothing is embedded twice
    assert (reply["status"], reply["duplicates"]) == ("ok", [])
    assert upload(folder, action="flush") == {"status": "ok"}
    assert upload(folder, action="status", track_id=track.id)["models"] == {"spectral": "done"}
    assert before == len(library.tracks)
