"""The example of docs/develop/models.md, word for word: a package with a model is installed and works."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from broker.vectors import unpack_vectors
from contract.errors import SilentAudio, TextUnavailable
from tests.harness.audio_files import tone, write
from tests.harness.places import REPOSITORY
from tests.harness.services.toy_model import install
from tests.harness.worker_mesh import WorkerMesh

DOCUMENT = REPOSITORY / "docs" / "develop" / "models.md"


def block(language: str) -> str:
    """The code block of the chapter on adding a model."""
    chapter = DOCUMENT.read_text().partition("## Adding a model")[2]
    found = re.search(rf"```{language}\n(.*?)```", chapter, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with the example installed."""
    folder = tmp_path / "site"
    package = folder / "loudness"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "mesh.py").write_text(block("python"))
    name, _, value = block("toml").splitlines()[-1].partition(" = ")
    install(folder, **{name: value.strip('"')})
    return folder


def test_the_example_serves(site: Path, tmp_path: Path) -> None:
    low, high = (write(tmp_path / f"{pitch}.flac", tone(2.0, pitch=pitch)) for pitch in (110.0, 3000.0))
    silent = write(tmp_path / "silent.flac", np.zeros(48000, np.float32))
    paths = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])

    with WorkerMesh(PYTHONPATH=paths, SONICMESH_MODELS="spectral,loudness") as mesh:
        mesh.embed("loudness", "loudness_01")
        calls = [mesh.client.submit("embed.loudness", "embed.audio", {"path": str(path)}) for path in (low, high, low)]
        replies = [call.result(30) for call in calls]
        described = mesh.client.call("embed.loudness", "model.describe").result
        with pytest.raises(SilentAudio):
            mesh.client.call("embed.loudness", "embed.audio", {"path": str(silent)})
        with pytest.raises(TextUnavailable):
            mesh.client.call("embed.loudness", "embed.text", {"texts": ["loud"]})

    vectors = [unpack_vectors(reply.blobs[0], 24)[0] for reply in replies]
    assert (described["dimension"], described["license"], described["loaded"]) == (24, "MIT", True)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert vectors[0] @ vectors[1] < 0.99
    assert replies[0].result["model_id"] == "loudness-1"
