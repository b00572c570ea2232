"""Every operation of every worker, through a real broker, with any input: a clear answer, never an internal error."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.client import MeshClient
from broker.wire import Reply
from contract.embedding import Embedding
from contract.errors import InvalidRequest, MeshError
from contract.library import Library
from contract.operation import operations_of
from contract.search import Search
from contract.worker import PrivateWorker
from tests.harness.mesh import Mesh, workers_of
from tests.harness.music import Music
from tests.harness.waiting import eventually

#: Services and the names of their workers.
SERVICES = {"search": "search", "library": "library", "embed.spectral": "spectral_01"}
#: What can be asked, by operation, and with which params.
FIELDS = {
    operation.name: [field.name for field in fields(operation.request)]
    for service in (Embedding, PrivateWorker, Search, Library)
    for operation in operations_of(service)
}
del FIELDS[PrivateWorker.drain.name]  # it does what it says
#: Requests to each operation.
EXAMPLES = 25
#: Codes with which no request may be answered.
DEFECTS = {"internal", "no_worker", "poisoned", "deadline_exceeded"}
#: Characters of a message at most, whatever it repeats of a question.
MOST_SAID = 20_000
#: Values that make sense somewhere, so that requests pass the first check.
SENSIBLE = st.sampled_from(
    [
        "spectral",
        "t1",
        "t2",
        "anna",
        "track",
        "album",
        "custom",
        "recent",
        "text",
        "union",
        "g1",
        "/nowhere.flac",
        "request",
        1,
        2,
        40,
        0.5,
    ]
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([2**63, -1, 0, 2**31, float("nan"), float("inf"), float("-inf"), 1e308, -1e-308]),
    st.text(max_size=20),
    st.sampled_from(["x" * 10_000, "\x00", "a\nb", "\x1b[2J", "/" + "a/" * 3000, "~", "../.."]),
    st.binary(max_size=20),
)
LEAF = st.one_of(SENSIBLE, ODD)
NAME = st.one_of(
    st.sampled_from(
        [
            "track_id",
            "library_id",
            "artist_id",
            "duration",
            "embedded_at",
            "title",
            "spectral",
            "mode",
            "audio_id",
            "embedding",
            "weight",
            "mix_length",
        ]
    ),
    st.text(max_size=5),
)


def deep(depth: int) -> Any:
    return [deep(depth - 1)] if depth else 0


#: Each kind of value as often as any other: `map` keeps hypothesis from counting every leaf as a kind.
VALUE = st.one_of(
    LEAF.map(lambda value: value),
    st.lists(LEAF, max_size=4),
    st.lists(st.sampled_from(["t1", "t2", "t3", "spectral"]), max_size=3),
    st.dictionaries(NAME, LEAF, max_size=3),
    st.lists(st.dictionaries(NAME, st.one_of(LEAF, st.lists(LEAF, max_size=3)), max_size=3), min_size=1, max_size=2),
    st.sampled_from(
        [{"a": deep(300)}, ["x" * 600] * 3, "word " * 1500, [{"track_id": "t1", "embedding": [1e308] * 40}]]
    ),
)


#: A valid request for each operation that needs one; fuzz is added to it, so that it passes the first check.
GOOD: dict[str, dict[str, Any]] = {
    "embed.audio": {"path": "/nowhere.wav", "duration": 1.0},
    "embed.text": {"texts": ["calm piano"]},
    "vectors.upsert": {"model": "spectral", "rows": [{"track_id": "t1"}], "dim": 40},
    "vectors.copy": {"model": "spectral", "source_track_id": "t1", "rows": [{"track_id": "t9"}]},
    "vectors.lookup": {"model": "spectral", "track_ids": ["t1"]},
    "vectors.similar": {"model": "spectral", "track_id": "t1"},
    "vectors.scan": {"model": "spectral", "limit": 2},
    "vectors.export": {"model": "spectral", "limit": 2},
    "vectors.delete": {"track_ids": ["t9"]},
    "generations.begin": {"model": "spectral", "dim": 40, "name": "g8"},
    "generations.switch": {"model": "spectral", "generation": "g8"},
    "generations.drop": {"model": "spectral", "generation": "g8"},
    "recommend": {"seeds": [{"track_id": "t1"}]},
    "interests": {"track_ids": ["t1", "t2", "t3"]},
    "path": {"from_id": "t1", "to_id": "t2", "count": 3},
    "batch.job": {"job_id": "j"},
    "tracks.find": {"query": "track 1"},
    "tracks.match": {"kind": "track", "id": "t1", "name": "Track 1", "artist": ""},
    "tracks.why": {"track_id": "t1"},
    "people.plan": {"user_name": "anna", "mode": "all"},
    "people.around": {"user_name": "anna", "kind": "track", "id": "t1"},
    "people.settings.change": {"user_name": "anna", "changes": {"mix_length": 20}},
    "uploads.process": {"music": "/nowhere.wav"},
    "uploads.give_up": {"upload_id": "u"},
}


def params_of(op: str) -> st.SearchStrategy[dict[str, Any]]:
    names = sorted({*FIELDS[op], "more"})
    good = GOOD.get(op, {"user_name": "anna"} if op.startswith("people.") else {})
    return st.dictionaries(st.sampled_from(names), VALUE, max_size=2).map(lambda odd: {**good, **odd})


#: Bytes: forty ones, then forty that are not numbers.
BLOBS = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([b"\0\0\x80?" * 40, b"\0\0\xc0\x7f" * 40])), max_size=2
)


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    """Broker, search, library and a model, all real, with three tracks."""
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    music = Music(folder / "navidrome")
    for number in (1, 2, 3):
        music.add(f"t{number}", f"{number}.wav", seed=number, title=f"Track {number}")
    music.sql("INSERT INTO user (id, user_name, name, created_at, updated_at) VALUES ('u1', 'anna', '', '', '')")
    for library in (1, 2):
        music.sql("INSERT OR IGNORE INTO user_library VALUES ('u1', ?)", library)
    mesh = Mesh(
        folder,
        NAVIDROME_DB_PATH=str(music.database),
        SONICMESH_PATH_MAP=music.path_map,
        SONICMESH_AUTO_EMBED="false",
        SONICMESH_LIBRARY_POLL_S="0.5",
    )
    try:
        mesh.spawn("-m", "workers", "search", "--name", "search")
        mesh.spawn("-m", "workers", "library", "--name", "library")
        mesh.spawn("-m", "workers", "embed", "spectral", "--name", "spectral_01")
        with mesh.connect() as client:
            for service in SERVICES:
                eventually(partial(workers_of, client, service), f"{service} is there")
            client.call("library", "batch.start")
            eventually(
                lambda: client.call("search", "store.status").result["models"].get("spectral"), "vectors are there"
            )
        yield mesh
    finally:
        mesh.close()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def client(mesh: Mesh) -> Iterator[MeshClient]:
    with mesh.connect() as client:
        yield client


@pytest.fixture(scope="module")
def operations(client: MeshClient) -> dict[str, str]:
    """The service of every operation, as the workers themselves name them."""
    found = dict.fromkeys(["worker.stats", "worker.load", "worker.unload", "worker.drain"], "worker.spectral_01")
    for service in SERVICES:
        with pytest.raises(InvalidRequest) as refused:
            client.call(service, "no such operation")
        found |= dict.fromkeys(refused.value.message.partition("the operations are ")[2].split(", "), service)
    return found


def ask(client: MeshClient, service: str, op: str, params: dict[str, Any], blobs: list[bytes]) -> Reply | MeshError:
    try:
        return client.call(service, op, params, blobs, timeout=60)
    except MeshError as error:
        return error


@pytest.mark.parametrize("op", sorted(FIELDS))
@given(data=st.data())
@settings(max_examples=EXAMPLES)
def test_nothing_that_is_asked_is_a_defect(
    client: MeshClient, operations: dict[str, str], op: str, data: st.DataObject
) -> None:
    service = operations[op]
    params, blobs = data.draw(params_of(op)), data.draw(BLOBS)
    outcome = ask(client, service, op, params, blobs)
    if isinstance(outcome, MeshError):
        assert outcome.code not in DEFECTS, (op, params, outcome.message)
        assert len(outcome.message) < MOST_SAID


@pytest.mark.parametrize(
    ("service", "op", "params"),
    [
        ("embed.spectral", "model.fits", {"beside": [{}, []]}),
        ("embed.spectral", "model.fits", {"workers": 2**62}),
        ("embed.spectral", "model.fits", {"workers": True}),
        ("library", "tracks.find", {"query": "word " * 1500}),
        ("library", "tracks.find", {"query": "w" * 100_000}),
    ],
)
def test_what_was_one(client: MeshClient, service: str, op: str, params: dict[str, Any]) -> None:
    outcome = ask(client, service, op, params, [])
    assert isinstance(outcome, Reply) or outcome.code == "invalid_request"


def test_they_are_all_still_there(client: MeshClient) -> None:
    for service, name in SERVICES.items():
        assert [row["worker"] for row in workers_of(client, service)] == [name]
    assert client.call("search", "store.status").result["models"] is not None
