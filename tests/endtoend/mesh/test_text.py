"""`sonicmesh train-text` as a person uses it: learns a tagged library, refuses one with too few tags.

Needs torch; the text encoder is a small one with random weights.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest

from demo.building import build_entries
from demo.varied import varied
from tests.endtoend.mesh.conftest import MakeMesh
from tests.harness.supervised import SupervisedMesh
from tests.harness.text_encoders import write_encoder
from tests.harness.waiting import eventually

needs_torch = pytest.mark.skipif(
    not (find_spec("torch") and find_spec("transformers")), reason="torch and transformers are not installed"
)


def ask(mesh: SupervisedMesh, path: str, body: Any = None) -> Any:
    """A JSON answer of the gateway's text port."""
    data = None if body is None else orjson.dumps(body)
    request = Request(f"http://127.0.0.1:{mesh.text_port}{path}", data, {"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as answer:
        return orjson.loads(answer.read())


def spectral(mesh: SupervisedMesh) -> dict[str, Any]:
    models: list[dict[str, Any]] = ask(mesh, "/models")
    return next(model for model in models if model["name"] == "spectral")


@needs_torch
def test_a_tagged_library_teaches_spectral_to_understand_texts(make_mesh: MakeMesh, tmp_path: Path) -> None:
    # Given 208 short tracks with genres and moods, embedded
    library = build_entries(tmp_path / "library", varied(208, 3.0), processes=2)
    mesh = make_mesh(NAVIDROME_DB_PATH=library.database)
    assert mesh.json("run")["job"]["failed_tracks"] == 0
    assert spectral(mesh)["text_by"] != "model"

    # When it is trained
    done = mesh.json("train-text", "spectral", "--encoder", str(write_encoder(tmp_path / "encoder")))

    # Then held-out tracks are found, the file exists, and the running mesh answers texts
    held_out = done["held_out"]
    assert done["tracks"] == held_out["queries"] == 208
    assert held_out["at_ten"] > 2 * held_out["chance_at_ten"]
    assert held_out["styled"] > 2 * held_out["chance_styled"]
    assert Path(done["path"]) == mesh.folder / "checkpoints/spectral_best_r1.pt"
    # And it is used where it finds more than words do untrained; a random encoder hardly does, so it is told to
    judgement = mesh.folder / "checkpoints/spectral_best_r1.json"
    assert (
        orjson.loads(judgement.read_bytes())["used"] == done["used"] == (held_out["styled"] >= done["styled_by_words"])
    )
    judgement.unlink()
    urlopen(Request(f"http://127.0.0.1:{mesh.port}/models/spectral/unload", b"{}"), timeout=60).close()
    eventually(lambda: spectral(mesh)["text_by"] == "model")
    answer = ask(mesh, "/embed_text", {"text": "hypnotic techno", "model": "spectral"})
    assert len(answer["embedding"]) == spectral(mesh)["dimension"]
    assert nearest_genres(mesh, answer["embedding"], library.tracks).count("techno") >= 3


def nearest_genres(mesh: SupervisedMesh, embedding: list[float], tracks: Any) -> list[str]:
    """Styles of the first five tracks of a playlist for a text."""
    seed = {"track_id": "", "embedding": embedding, "source": "text"}
    request = {"limit": 5, "seeds": [seed], "models": ["spectral"]}
    with mesh.connect() as client:
        found = client.call("search", "recommend", request).result["tracks"]
    styles = {track.id: track.style for track in tracks}
    return [styles[track["track_id"]] for track in found]


@needs_torch
def test_a_library_that_says_too_little_is_refused(make_mesh: MakeMesh, tmp_path: Path) -> None:
    library = build_entries(tmp_path / "library", varied(9, 2.0))
    mesh = make_mesh(NAVIDROME_DB_PATH=library.database)
    mesh.json("run")

    done = mesh.sonicmesh("train-text")

    assert done.returncode == 1
    assert "only 9 embedded tracks" in done.stderr and "200 are needed" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert mesh.sonicmesh("train-text", "muq").returncode == 2
    assert mesh.sonicmesh("train-text", "polka").returncode == 2


def test_training_without_a_mesh_is_one_clear_line(make_mesh: MakeMesh) -> None:
    done = make_mesh().sonicmesh("train-text")

    assert done.returncode == 3
    assert "sonicmesh run" in done.stderr
