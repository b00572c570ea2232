"""The embedding service in a real worker process, with the model of another package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.vectors import Vectors, unpack_vectors
from broker.wire import Reply
from contract.errors import (
    DecodeFailed,
    FileMissing,
    InvalidRequest,
    MeshError,
    ModelFailed,
    OutOfMemory,
    TextUnavailable,
)
from tests.harness.services.toy_model import install
from tests.harness.worker_mesh import WorkerMesh


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerMesh]:
    site = tmp_path_factory.mktemp("site")
    install(site, toy="tests.harness.services.toy_model:TOY", toy2="tests.harness.services.toy_model:TOY_TWO")
    with WorkerMesh(PYTHONPATH=str(site), SONICMESH_CPU_MODEL_MEMORY="8G") as one:
        one.embed("toy", "toy_01")
        one.embed("toy2", "toy2_01")
        yield one


def track(mesh: WorkerMesh, content: bytes) -> str:
    path = mesh.folder / f"{content.decode() or 'empty'}.bin"
    path.write_bytes(content)
    return str(path)


def vectors(reply: Reply) -> Vectors:
    return unpack_vectors(reply.blobs[0], reply.result["dim"])


def test_audio_becomes_a_vector(mesh: WorkerMesh) -> None:
    reply = mesh.client.call("embed.toy", "embed.audio", {"path": track(mesh, b"music"), "duration": 5.0})
    assert vectors(reply).tolist() == [[5, 1, 1, 1, 1, 1]]
    result = reply.result
    assert (result["dim"], result["model_id"], result["duration"], result["warning"]) == (6, "toy-1", 5.0, None)
    assert result["seconds"].keys() == {"decode", "queue", "compute"}
    assert all(0 <= seconds < 60 for seconds in result["seconds"].values())


def test_a_name_that_is_no_text_comes_as_bytes(mesh: WorkerMesh) -> None:
    path = os.fsencode(mesh.folder) + b"/caf\xe9 \xff.bin"
    with open(path, "wb") as file:  # noqa: PTH123  pathlib knows no bytes
        file.write(b"music")
    reply = mesh.client.call("embed.toy", "embed.audio", {"path": path, "duration": 5.0})
    assert vectors(reply).tolist() == [[5, 1, 1, 1, 1, 1]]
    # And an error that names it can be sent
    with pytest.raises(FileMissing):
        mesh.client.call("embed.toy", "embed.audio", {"path": path + b"gone", "duration": 5.0})


def test_texts_become_vectors(mesh: WorkerMesh) -> None:
    reply = mesh.client.call("embed.toy", "embed.text", {"texts": ["calm", "piano solo"]})
    assert vectors(reply)[:, 0].tolist() == [4, 10]
    assert (reply.result["is_stub"], reply.result["model_id"]) == (False, "toy-1")


def test_a_model_without_text_side_says_so(mesh: WorkerMesh) -> None:
    with pytest.raises(TextUnavailable, match="no text side"):
        mesh.client.call("embed.toy2", "embed.text", {"texts": ["calm"]})


@pytest.mark.parametrize(
    ("content", "error", "hint"),
    [
        (b"", DecodeFailed, "nothing"),
        (b"nan", ModelFailed, "NaN"),
        (b"zeros", ModelFailed, "zeros"),
        (b"boom", ModelFailed, "defect"),
        (b"late", DecodeFailed, "in the middle"),
        (b"OOM", OutOfMemory, "does not fit"),
    ],
)
def test_a_bad_track_gets_its_own_error(mesh: WorkerMesh, content: bytes, error: type[MeshError], hint: str) -> None:
    with pytest.raises(error, match=hint):
        mesh.client.call("embed.toy", "embed.audio", {"path": track(mesh, content)})


def test_a_missing_file(mesh: WorkerMesh) -> None:
    with pytest.raises(FileMissing, match="nowhere"):
        mesh.client.call("embed.toy", "embed.audio", {"path": "/nowhere.mp3"})


def test_bad_tracks_of_a_batch_cost_the_others_nothing(mesh: WorkerMesh) -> None:
    # Given: the worker is at work, so that what follows waits together
    blocker = mesh.client.submit("embed.toy", "embed.audio", {"path": track(mesh, b"slow")})
    contents = [b"good", b"nan", b"boom", b"oom", b"late", b"fine!"]
    # When
    calls = [mesh.client.submit("embed.toy", "embed.audio", {"path": track(mesh, content)}) for content in contents]
    outcomes = [call.exception(30) or vectors(call.result())[0][0] for call in calls]
    # Then
    assert blocker.result(30)
    assert [outcomes[n] for n in (0, 3, 5)] == [4, 3, 5]
    assert [type(outcomes[n]) for n in (1, 2, 4)] == [ModelFailed, ModelFailed, DecodeFailed]
    sizes = {line for line in (mesh.folder / "data" / "toy.log").read_text().splitlines() if line.startswith("embed")}
    assert sizes - {"embed 1"}, "several were computed together"


@pytest.mark.parametrize(
    ("op", "params"),
    [
        ("embed.audio", {}),
        ("embed.audio", {"path": "relative.mp3"}),
        ("embed.audio", {"path": "/a.mp3", "duration": "long"}),
        ("embed.text", {}),
        ("embed.text", {"texts": []}),
        ("embed.text", {"texts": [1]}),
        ("embed.text", {"texts": ["x" * 2001]}),
    ],
)
def test_wrong_params_name_their_field(mesh: WorkerMesh, op: str, params: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        mesh.client.call("embed.toy", op, params)
    assert caught.value.detail["field"].partition(".")[0] in {"path", "duration", "texts"}


def test_a_model_describes_itself(mesh: WorkerMesh) -> None:
    mesh.client.call("embed.toy", "embed.text", {"texts": ["wake up"]})
    described = mesh.client.call("embed.toy", "model.describe").result
    assert described == {
        "name": "toy",
        "dimension": 6,
        "model_id": "toy-1",
        "text": True,
        "text_status": "available",
        "text_reason": "",
        "license": "none",
        "description": "hears the bytes of a file",
        "loaded": True,
        "device": "cpu",
        "status": "available",
        "reason": "",
        "analyses": False,
        "tags": False,
    }


def test_an_unknown_model_ends_with_a_line_that_names_the_known_ones(mesh: WorkerMesh) -> None:
    process = mesh.spawn("-m", "workers", "embed", "nonsense", "--name", "x")
    assert process.wait(30) == 2


def test_stubs_only_where_asked_for(tmp_path: Path) -> None:
    install(tmp_path, toy2="tests.harness.services.toy_model:TOY_TWO")
    with WorkerMesh(PYTHONPATH=str(tmp_path), TEXT_EMBEDDING_USE_STUBS="true") as mesh:
        mesh.embed("toy2", "toy2_01")
        first, second = (mesh.client.call("embed.toy2", "embed.text", {"texts": ["calm"]}) for _ in range(2))
        assert first.result["is_stub"] is True
        assert vectors(first).shape == (1, 7)
        assert vectors(first).tolist() == vectors(second).tolist()
