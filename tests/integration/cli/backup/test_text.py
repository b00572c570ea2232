"""Trained text sides are saved in a backup and restored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broker.vectors import Vectors
from cli.backup.load import load
from cli.backup.progress import Bars
from cli.backup.save import save
from contract.errors import Conflict
from tests.integration.cli.backup.conftest import Enter, fill, repacked
from workers.library.backup.archive import reading
from workers.library.backup.manifest import BadBackup
from workers.search.settings import SearchSettings

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.harness.text_encoders import write_encoder
from workers.models.registry import spec
from workers.models.spectral.adapter import SpectralAdapter
from workers.models.training.checkpoint import save as keep
from workers.models.training.encoding import find_source
from workers.models.training.encoding import load as load_encoder
from workers.models.training.ridge import Linear

TEXTS: Sequence[str] = ("calm piano", "fast")
TRAINED = "spectral_best_r1.pt"


def train(settings: SearchSettings, encoder: Path, seed: int) -> None:
    """Write a text side as `sonicmesh train-text` does, with a map that was not learned."""
    rng, dimension = np.random.default_rng(seed), spec("spectral").dimension
    head = Linear(rng.standard_normal((dimension, 64), np.float32), rng.standard_normal(dimension, np.float32))
    source = find_source(str(encoder), settings.checkpoints)
    text_encoder = load_encoder(source, settings.checkpoints, "cpu")
    model_id = SpectralAdapter(spec("spectral"), settings).model_id
    keep(settings.checkpoints / TRAINED, head, text_encoder, source.name, model_id)


def answers(settings: SearchSettings) -> Vectors:
    return SpectralAdapter(spec("spectral"), settings).embed_text(TEXTS)


@pytest.fixture
def old(enter: Enter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchSettings:
    """A home with vectors, a trained text side, and the weights of a model from a hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = enter("old")
    fill(settings)
    train(settings, write_encoder(tmp_path / "letters"), seed=1)
    hub = settings.checkpoints / "MERT"
    hub.mkdir()
    (hub / "config.json").write_text("{}")
    (hub / "model.safetensors").write_bytes(b"weights")
    return settings


@pytest.fixture
def saved(old: SearchSettings, quiet: Bars, tmp_path: Path) -> Path:
    save(old, tmp_path / "mesh.backup", quiet, force=False, with_secrets=False)
    return tmp_path / "mesh.backup"


def restore(file: Path, quiet: Bars, *, force: bool = False) -> Any:
    with reading(file) as reader:
        return load(reader, quiet, force=force)


def test_texts_mean_the_same_on_another_machine(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    # Given
    before = answers(enter("old"))
    with reading(saved) as reader:
        names = [name for name in reader.manifest.members if name.startswith("checkpoints/")]
    assert f"checkpoints/{TRAINED}" in names
    assert not any(name.endswith(("safetensors", "bin")) for name in names)
    # When it is restored where neither the text encoder nor the hub can be reached
    for folder in (tmp_path / "letters", tmp_path / "old"):
        folder.rename(folder.with_name(f"away {folder.name}"))
    settings = enter("new")
    restore(saved, quiet)
    # Then
    assert np.array_equal(answers(settings), before)
    assert not list(settings.checkpoints.glob(".sonicmesh-restore-*"))


def test_another_text_side_is_replaced_only_when_told(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    # Given another one, and nothing else
    settings = enter("new")
    train(settings, tmp_path / "letters", seed=2)
    other = answers(settings)
    with pytest.raises(Conflict, match=f"{TRAINED} would be replaced"):
        restore(saved, quiet)
    assert np.array_equal(answers(settings), other)
    assert not (settings.data / "state.db").exists()
    # When it is told
    restore(saved, quiet, force=True)
    # Then
    assert np.array_equal(answers(settings), answers(enter("old")))


def test_the_same_text_side_is_in_nobodys_way(saved: Path, enter: Enter, quiet: Bars) -> None:
    settings, old = enter("new"), enter("old")
    settings.checkpoints.mkdir(parents=True)
    (settings.checkpoints / TRAINED).write_bytes((old.checkpoints / TRAINED).read_bytes())
    enter("new")
    restore(saved, quiet)
    assert np.array_equal(answers(settings), answers(old))


@pytest.mark.parametrize("name", ["checkpoints/../../evil.pt", "checkpoints/a/model.py", "checkpoints/x.pt"])
def test_nothing_else_is_ever_written_there(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path, name: str) -> None:
    file = tmp_path / "evil.backup"
    file.write_bytes(repacked(saved, {f"checkpoints/{TRAINED}": name}))
    settings = enter("new")
    with pytest.raises(BadBackup, match=r"not made by|not the name of"):
        restore(file, quiet)
    assert not settings.checkpoints.exists()
    assert not (settings.data / "state.db").exists()
