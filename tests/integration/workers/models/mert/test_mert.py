"""MERT behind the mesh's contract, on a small checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import HubertModel

from bench.checkpoints import write_mert
from bench.signals import RATE, signal
from contract.errors import ModelUnavailable
from tests.harness.audio_files import write
from tests.integration.workers.models.conftest import Settings
from workers.audio.decode import load
from workers.models.enrich import enrich
from workers.models.mert.adapter import MertAdapter
from workers.models.mert.files import find_files
from workers.models.mert.model import load_mert, normalised
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

WIDTH, DEPTH = 16, 2
WINDOW = 30 * RATE


def loaded(settings: WorkerSettings) -> MertAdapter:
    adapter = MertAdapter(spec("mert"), settings)
    adapter.check()
    adapter.load()
    return adapter


@pytest.fixture(scope="module")
def mert(checkpoints: Path) -> MertAdapter:
    return loaded(WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=checkpoints, TEXT_EMBEDDING_DEVICE="cpu"))


def test_tracks_share_batches_and_keep_their_windows(mert: MertAdapter, checkpoints: Path, tmp_path: Path) -> None:
    # Given a long and a short track, and batches that hold windows of both
    short = write(tmp_path / "short.flac", signal(4, 9 * RATE), RATE)
    long = write(tmp_path / "long.flac", signal(3, 41 * RATE), RATE)
    inference = mert._inference
    assert inference is not None
    inference.batch = 3

    # When they are embedded together
    vectors = mert.embed_audio([mert.open_audio(path, None) for path in (short, long)])

    # Then each vector is that of its own windows: 0, 5, 10 and the last at 11 s
    model = load_mert(find_files(checkpoints), RATE)
    for path, starts, vector in ((short, [0], vectors[0]), (long, [0, 5, 10, 11], vectors[1])):
        samples = load(path, RATE).samples[0]
        decoded = np.pad(samples, (0, max(WINDOW - len(samples), 0)))
        rows = [decoded[start * RATE : start * RATE + WINDOW] for start in starts]
        with torch.inference_mode():
            means = torch.cat([model(torch.from_numpy(row)[None]) for row in rows]).numpy()
        assert np.abs(vector - enrich(np.ascontiguousarray(means.T))).max() < 5e-6


def test_dimensions_come_from_the_checkpoint(mert: MertAdapter) -> None:
    assert mert.dim == 3 * (DEPTH + 1) * WIDTH


def test_states_are_those_of_the_published_model(checkpoints: Path) -> None:
    """The input of each layer, then the last state after the final norm, whatever `hidden_states` holds."""
    model = load_mert(find_files(checkpoints), RATE)
    window = torch.from_numpy(signal(2, 2 * RATE))[None]

    with torch.inference_mode():
        means = model(window).reshape(DEPTH + 1, WIDTH)
        out = model.hubert(normalised(window), output_hidden_states=True)

    states = (*out.hidden_states[:DEPTH], out.last_hidden_state)
    expected = torch.stack([state[0].mean(dim=0) for state in states])
    torch.testing.assert_close(means, expected, atol=1e-6, rtol=1e-5)
    assert isinstance(model.hubert, HubertModel)


def test_both_layouts_of_the_weights_load(mert: MertAdapter, settings: Settings, tmp_path: Path) -> None:
    write_mert(tmp_path, safetensors=False)
    path = write(tmp_path / "track.wav", signal(1, 4 * RATE), RATE)
    other = loaded(settings(tmp_path))

    vectors = [adapter.embed_audio([adapter.open_audio(path, None)])[0] for adapter in (mert, other)]

    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_a_wider_hop_has_fewer_windows_and_another_id(settings: Settings, checkpoints: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "track.wav", signal(1, 61 * RATE), RATE)
    wide = loaded(settings(checkpoints, SONICMESH_MERT_HOP_S=30.0))
    sizes: list[int] = []
    inference = wide._inference
    assert inference is not None
    assert isinstance(inference._module, nn.Module)
    inference._module.register_forward_pre_hook(lambda _, args: sizes.append(len(args[0])))

    wide.embed_audio([wide.open_audio(path, None)])

    assert sum(sizes) == 3
    assert wide.model_id.endswith("/30s+30s")


def test_texts_need_a_projection(mert: MertAdapter) -> None:
    side = mert.text_side()

    assert side.status == "unavailable"
    assert "mert_best_r1.pt" in side.reason


def spoiled(folder: Path, name: str, **fields: Any) -> None:
    path = folder / "MERT-v1-330M" / name
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("config.json", {"deepnorm": True}, "deepnorm is True"),
        ("config.json", {"feature_extractor_cqt": True}, "feature_extractor_cqt"),
        ("config.json", {"model_type": "bert"}, "model_type is 'bert'"),
        ("config.json", {"num_hidden_layers": 3}, "lacks encoder.layers.2"),
        ("config.json", {"num_hidden_layers": 1}, "this model lacks: encoder.layers.1"),
        ("config.json", {"hidden_size": 32}, "instead of"),
        ("config.json", {"conv_kernel": [10, 3]}, "not that of m-a-p"),
        ("preprocessor_config.json", {"sampling_rate": 16000}, "sampling_rate is 16000"),
    ],
)
def test_another_architecture_is_refused(
    checkpoints: Path, tmp_path: Path, settings: Settings, name: str, fields: dict[str, Any], words: str
) -> None:
    own = Path(shutil.copytree(checkpoints, tmp_path / "own"))
    spoiled(own, name, **fields)

    with pytest.raises(ModelUnavailable, match=words):
        loaded(settings(own))


def test_nothing_there_says_what_to_do(tmp_path: Path, settings: Settings) -> None:
    adapter = MertAdapter(spec("mert"), settings(tmp_path))

    with pytest.raises(ModelUnavailable, match="sonicmesh models download mert"):
        adapter.check()
    assert adapter.model_id == ""
