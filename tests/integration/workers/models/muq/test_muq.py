"""MuQ-MuLan behind the mesh's contract, on a small checkpoint."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.checkpoints import write_muq
from bench.signals import RATE, signal
from contract.errors import ModelUnavailable, SilentAudio
from tests.harness.audio_files import write
from tests.integration.workers.models.conftest import Settings
from workers.audio.decode import load, open_stream
from workers.models.adapter import Recording
from workers.models.enrich import enrich
from workers.models.muq.adapter import MuQAdapter
from workers.models.muq.files import find_files
from workers.models.muq.load import load_mulan
from workers.models.neural.inference import least_cosine, probe_clips
from workers.models.neural.streamed_track import StreamedTrack
from workers.models.registry import spec
from workers.models.windows import window_starts
from workers.runtime.settings import WorkerSettings

CLIP, WINDOW, HOP = 10 * RATE, 120 * RATE, 15 * RATE


@pytest.fixture(scope="module")
def muq(checkpoints: Path) -> MuQAdapter:
    adapter = loaded(checkpoints)
    adapter.warm_up()
    return adapter


def loaded(folder: Path) -> MuQAdapter:
    adapter = MuQAdapter(spec("muq"), WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=folder, TEXT_EMBEDDING_DEVICE="cpu"))
    adapter.check()
    adapter.load()
    return adapter


@pytest.fixture
def own(checkpoints: Path, tmp_path: Path) -> Path:
    """A copy of the checkpoints that a test may spoil."""
    return Path(shutil.copytree(checkpoints, tmp_path / "own"))


def window_by_window(folder: Path, wav: np.ndarray) -> np.ndarray:
    """The published way: each window cut in clips and averaged, whatever its neighbours had."""
    audio = load_mulan(find_files(folder)).audio
    columns = []
    with torch.inference_mode():
        for start in window_starts(len(wav), WINDOW, HOP):
            clips = torch.split(torch.from_numpy(wav[start : start + WINDOW]), CLIP)
            columns.append(audio(torch.stack(clips)).mean(dim=0).numpy())
    return enrich(np.stack(columns, axis=1))


def test_shared_clips_give_the_vector_of_the_windows(muq: MuQAdapter, checkpoints: Path, tmp_path: Path) -> None:
    # Given a track whose last window is off the grid
    path = write(tmp_path / "track.wav", signal(5, 146 * RATE + 1234), RATE)

    # When it is embedded together with others
    short = write(tmp_path / "short.wav", signal(6, 3 * RATE), RATE)
    recordings = [muq.open_audio(file, None) for file in (short, path, short)]
    vectors = muq.embed_audio(recordings)

    # Then it is what the windows give one by one
    assert np.abs(vectors[1] - window_by_window(checkpoints, load(path, RATE).samples[0])).max() < 5e-6
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    assert [round(recording.duration) for recording in recordings] == [3, 146, 3]


def test_a_short_track_counts_its_silence(muq: MuQAdapter, checkpoints: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "short.wav", signal(7, 13 * RATE), RATE)

    vector = muq.embed_audio([muq.open_audio(path, 13.0)])[0]

    decoded = np.pad(load(path, RATE).samples[0], (0, WINDOW - 13 * RATE))
    assert np.abs(vector - window_by_window(checkpoints, decoded)).max() < 5e-6
    assert not vector[512:].any()


def test_a_failing_track_costs_the_others_nothing(muq: MuQAdapter, tmp_path: Path) -> None:
    # Given a silent track as one that is longer than what is decoded ahead: it only shows while it is embedded
    silent = write(tmp_path / "silent.wav", np.zeros(4 * RATE, np.float32), RATE)
    good = write(tmp_path / "good.wav", signal(8, 4 * RATE), RATE)
    recordings = [muq.open_audio(good, None), opened_late(muq, silent), muq.open_audio(good, None)]

    vectors = muq.embed_audio(recordings)

    assert isinstance(recordings[1].error, SilentAudio)
    assert recordings[0].error is recordings[2].error is None
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    assert vectors[0].any() and not vectors[1].any()


def test_text_is_padded_to_the_length_of_tracks(muq: MuQAdapter) -> None:
    vectors = muq.embed_text(["calm piano", "loud drums", "calm piano"])

    assert vectors.shape == (3, 1536) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors[:, :512], axis=1), 1, atol=1e-6)
    assert not vectors[:, 512:].any()
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    np.testing.assert_allclose(vectors[:1], muq.embed_text(["calm piano"]), atol=1e-6)


def test_a_text_beyond_the_positions_is_cut(muq: MuQAdapter) -> None:
    long = "a slow song " * 160

    vectors = muq.embed_text([long, long + "that never ends"])

    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_files_of_either_format_are_the_same_model(tmp_path: Path, muq: MuQAdapter) -> None:
    write_muq(tmp_path, safetensors=False)

    vectors = loaded(tmp_path).embed_text(["calm piano"])

    np.testing.assert_allclose(vectors, muq.embed_text(["calm piano"]), atol=1e-6)


def test_the_id_tells_checkpoints_apart(muq: MuQAdapter, tmp_path: Path) -> None:
    write_muq(tmp_path, width=16)

    assert muq.model_id.startswith("muq/") and muq.model_id.endswith("/120s+15s")
    assert loaded(tmp_path).model_id != muq.model_id


def test_the_id_is_that_of_what_was_loaded(own: Path) -> None:
    adapter = loaded(own)
    before = adapter.model_id
    shutil.rmtree(own)

    assert adapter.model_id == before
    adapter.unload()
    assert adapter.model_id == ""


def test_half_precision_stays_near(muq: MuQAdapter) -> None:
    """What a GPU would do by autocast: the spectra stay in float32, the vector near to what it was."""
    inference = muq.engine.inference
    clips = probe_clips(2, CLIP)
    exact = inference(clips)
    inference.precision = torch.bfloat16
    try:
        halved = inference(clips)
    finally:
        inference.precision = None

    assert 0.99 < least_cosine(exact, halved) < 1.0
    np.testing.assert_allclose(np.linalg.norm(halved, axis=1), 1, atol=1e-5)


def test_unloading_gives_everything_back_and_loading_again_works(checkpoints: Path) -> None:
    adapter = loaded(checkpoints)
    before = adapter.embed_text(["piano"])
    adapter.unload()

    with pytest.raises(ModelUnavailable, match="not loaded"):
        adapter.embed_text(["piano"])

    adapter.load()
    np.testing.assert_allclose(adapter.embed_text(["piano"]), before, atol=1e-6)


def drop(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def change(name: str, **fields: object) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        config = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(config | fields))

    return apply


def truncate(folder: Path) -> None:
    path = folder / "MuQ-MuLan-large/model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def other_tokenizer(folder: Path) -> None:
    path = folder / "xlm-roberta-base/tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["model"]["vocab"] += [[f"more{n}", -9.0] for n in range(50)]
    path.write_text(json.dumps(tokenizer))


SPOILED = {
    "no weights": (drop("MuQ-MuLan-large/model.safetensors"), "sonicmesh models download muq"),
    "no configuration": (drop("MuQ-MuLan-large/config.json"), "sonicmesh models download muq"),
    "no tower": (drop("MuQ-large-msd-iter/config.json"), "OpenMuQ/MuQ-large-msd-iter"),
    "no tokenizer": (drop("xlm-roberta-base/tokenizer.json"), "lacks tokenizer.json of xlm-roberta-base"),
    "other depth": (change("MuQ-large-msd-iter/config.json", encoder_depth=2), "lacks .*layers.1"),
    "other width": (change("MuQ-large-msd-iter/config.json", encoder_dim=64), "instead of"),
    "less depth": (change("xlm-roberta-base/config.json", num_hidden_layers=0), "layer.0"),
    "other features": (change("MuQ-large-msd-iter/config.json", features=["cqt"]), "features is"),
    "no mulan": (change("MuQ-MuLan-large/config.json", mulan=None), "not that of OpenMuQ"),
    "another model": (change("MuQ-MuLan-large/config.json", audio_model="x"), "not the configuration of"),
    "truncated": (truncate, "damaged"),
    "foreign tokenizer": (other_tokenizer, "belongs to another model"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_wrong_checkpoint_says_what_to_do_and_leaves_nothing(own: Path, settings: Settings, kind: str) -> None:
    spoil, words = SPOILED[kind]
    spoil(own)
    adapter = MuQAdapter(spec("muq"), settings(own))

    with pytest.raises(ModelUnavailable, match=words):
        load_checked(adapter)

    adapter.unload()
    assert adapter._engine is None


def load_checked(adapter: MuQAdapter) -> None:
    adapter.check()
    adapter.load()


def opened_late(muq: MuQAdapter, path: Path) -> Recording:
    """A recording of which nothing was decoded ahead."""
    return Recording(path=path, audio=StreamedTrack(open_stream(path, muq.rate, 1)))
