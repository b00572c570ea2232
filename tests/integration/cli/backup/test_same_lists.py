"""A restored mesh makes exactly the lists that it made before, whichever index it searches."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import orjson
import pytest

from cli.backup.load import load
from cli.backup.progress import Bars
from cli.backup.save import save
from contract.search import RecommendedTrack, RecommendRequest, Seed
from tests.harness.vectors import clusters, rows
from tests.harness.waiting import eventually
from tests.integration.cli.backup.conftest import Enter, zipped
from workers.library.backup.archive import reading
from workers.library.backup.manifest import BadBackup
from workers.library.backup.source import opened
from workers.search.recommend.engine import Engine
from workers.search.settings import SearchSettings
from workers.search.spaces import known_spaces
from workers.search.store.embedded import EmbeddedStore

COUNT, DIMENSION = 1500, 96


def fill(settings: SearchSettings) -> None:
    """Rows in no order, some of them replaced and some deleted later; the graph, if there is one, has all of them."""
    tracks, vectors = rows(COUNT, artists=300), clusters(30, COUNT // 30, DIMENSION, spread=1.2)
    order = np.random.default_rng(3).permutation(COUNT)
    with opened(settings) as store:
        assert isinstance(store, EmbeddedStore)
        for part in np.array_split(order, 5):
            store.upsert("spectral_embedding", [tracks[place] for place in part], vectors[part], DIMENSION)
        eventually(lambda: not store.busy(), seconds=60)
        store.delete([f"t{number:06}" for number in range(0, COUNT, 20)])
        store.upsert("spectral_embedding", tracks[1:30:3], vectors[2:31:3], DIMENSION)
        eventually(lambda: not store.busy(), seconds=60)


def lists(settings: SearchSettings) -> list[list[RecommendedTrack]]:
    with opened(settings) as store:
        engine = Engine(store, known_spaces(), settings)
        asked = [
            RecommendRequest(seeds=[Seed(track_id=f"t{number:06}")], limit=20, models=["spectral"])
            for number in range(1, COUNT, 20)
        ]
        return [engine.recommend(request).tracks for request in asked]


@pytest.mark.parametrize("flat_values", ["100000000", "1"], ids=["flat", "graph"])
def test_the_same_lists_after_a_restore(
    enter: Enter, quiet: Bars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat_values: str
) -> None:
    # Given a graph, if there is one, that is far from exact
    for name, value in (
        ("FLAT_VALUES", flat_values),
        ("HNSW_M", "6"),
        ("HNSW_EF_CONSTRUCTION", "16"),
        ("HNSW_EF", "16"),
    ):
        monkeypatch.setenv(f"SONICMESH_{name}", value)
    settings = enter("old")
    fill(settings)
    before = lists(settings)
    file = tmp_path / "mesh.backup"
    save(settings, file, quiet, force=False, with_secrets=False)
    # When
    settings = enter("new")
    with reading(file) as reader:
        load(reader, quiet, force=False)
    # Then
    assert lists(settings) == before
    with zipfile.ZipFile(file) as archive:
        assert ("index/spectral/graph.json" in archive.namelist()) == (flat_values == "1")


def test_a_graph_that_is_none_is_refused_before_anything_changes(
    enter: Enter, quiet: Bars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a backup whose graph leads out of its memory
    monkeypatch.setenv("SONICMESH_FLAT_VALUES", "1")
    settings = enter("old")
    fill(settings)
    save(settings, tmp_path / "mesh.backup", quiet, force=False, with_secrets=False)
    forged = tmp_path / "forged"
    forged.write_bytes(_with_a_link_to(10**6, tmp_path / "mesh.backup"))
    # Then
    settings = enter("new")
    with reading(forged) as reader, pytest.raises(BadBackup, match="links to missing nodes"):
        load(reader, quiet, force=False)
    with opened(settings) as store:
        assert store.status() == {}


def _with_a_link_to(slot: int, file: Path) -> bytes:
    """The backup with another link in its graph, and a manifest that agrees."""
    name = "index/spectral/links.i32"
    with zipfile.ZipFile(file) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    links = np.frombuffer(members[name], "<i4").copy()
    links[5] = slot
    members[name] = links.tobytes()
    manifest = orjson.loads(members["manifest.json"])
    manifest["members"][name]["sha256"] = hashlib.sha256(members[name]).hexdigest()
    return zipped(members | {"manifest.json": orjson.dumps(manifest)})
