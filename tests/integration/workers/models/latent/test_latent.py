"""Music2Latent behind the mesh's contract, on a small checkpoint; chunk by chunk as its package does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from music2latent import EncoderDecoder
from torch import Tensor, nn

from contract.errors import ModelUnavailable
from tests.harness.audio_files import stereo, tone, write
from tests.integration.workers.models.conftest import Settings
from workers.audio.decode import load
from workers.models.enrich import enrich
from workers.models.latent.adapter import LatentAdapter
from workers.models.latent.chunks import Chunking, cut
from workers.models.latent.encoder import LatentEncoder
from workers.models.latent.package import HyperParameters, load_encoder
from workers.models.latent.rows import rows
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

RATE = 44100
#: Samples of the chunks in these tests: about 1 s.
CHUNK = 86 * 512


@pytest.fixture(scope="module")
def weights(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small checkpoint with chunks of a second."""
    folder = tmp_path_factory.mktemp("latent")
    shutil.copytree(checkpoints / "music2latent", folder / "music2latent")
    parameters = folder / "music2latent" / "music2latent.json"
    parameters.write_text(json.dumps(json.loads(parameters.read_text()) | {"max_waveform_length_encode": CHUNK}))
    return folder / "music2latent" / "music2latent.pt"


@pytest.fixture(scope="module")
def latent(weights: Path) -> LatentAdapter:
    return loaded(WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=weights.parent.parent, TEXT_EMBEDDING_DEVICE="cpu"))


def loaded(settings: WorkerSettings) -> LatentAdapter:
    adapter = LatentAdapter(spec("latent"), settings)
    adapter.check()
    adapter.load()
    return adapter


def in_blocks(samples: np.ndarray, size: int = 10_007) -> Iterator[np.ndarray]:
    for first in range(0, samples.shape[1], size):
        yield samples[:, first : first + size]


def by_the_package(weights: Path, samples: np.ndarray) -> np.ndarray:
    """What the package's own `encode` gives for the whole track at once."""
    encoder, parameters = load_encoder(weights)
    whole = EncoderDecoder.__new__(EncoderDecoder)  # its constructor would download the published weights
    whole.device = torch.device("cpu")
    whole.gen = nn.Module()
    whole.gen.encoder = encoder
    with parameters.hold():
        latents: Tensor = whole.encode(samples, max_waveform_length=CHUNK)
    return latents.numpy()


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.3, 2.6])
def test_chunks_of_a_stream_are_those_of_the_package(weights: Path, seconds: float) -> None:
    samples = np.ascontiguousarray(stereo(seconds, RATE).T)
    encoder, parameters = load_encoder(weights)

    latents = LatentEncoder(encoder, parameters, "cpu").track(in_blocks(samples))

    assert latents is not None
    np.testing.assert_allclose(latents, by_the_package(weights, samples), atol=1e-4)


def test_a_file_becomes_one_vector(latent: LatentAdapter, weights: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "stereo.wav", stereo(1.5, RATE), RATE)

    recording = latent.open_audio(path, 1.5)
    vector = latent.embed_audio([recording])[0]

    expected = enrich(rows(by_the_package(weights, load(path, RATE, 2).samples)))
    assert vector.shape == (latent.dim,) == (576,)
    assert np.abs(vector - expected).max() < 1e-4
    assert recording.error is None and recording.duration == pytest.approx(1.5)


def test_a_mono_file_has_zeros_as_its_second_part(latent: LatentAdapter, tmp_path: Path) -> None:
    path = write(tmp_path / "mono.wav", tone(1.2, RATE), RATE)

    vector = latent.embed_audio([latent.open_audio(path, None)])[0]

    imaginary = vector[:128].reshape(64, 2)[:, 1]
    assert not imaginary.any()
    assert vector[:128].any()


def test_a_channel_that_comes_late_is_heard_from_the_start(weights: Path) -> None:
    """A chunk whose second channel is silent is no mono file: silence has latents of its own."""
    samples = np.ascontiguousarray(stereo(2.6, RATE).T)
    samples[1, : int(1.5 * CHUNK)] = 0
    encoder, parameters = load_encoder(weights)

    latents = LatentEncoder(encoder, parameters, "cpu").track(in_blocks(samples))

    assert latents is not None
    np.testing.assert_allclose(latents, by_the_package(weights, samples), atol=1e-4)


def test_a_moment_of_sound_is_enough(latent: LatentAdapter, tmp_path: Path) -> None:
    path = write(tmp_path / "click.wav", stereo(0.01, RATE), RATE)

    vector = latent.embed_audio([latent.open_audio(path, None)])[0]

    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


class OverflowsInHalf(nn.Module):
    """As the published encoder may do: numbers in float32, NaN under autocast."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, frames: Tensor) -> Tensor:
        out: Tensor = self.encoder(frames)
        return out * float("nan") if torch.is_autocast_enabled("cpu") else out


def test_nan_in_half_precision_is_computed_again_in_float32(weights: Path) -> None:
    samples = np.ascontiguousarray(stereo(0.5, RATE).T)
    encoder, parameters = load_encoder(weights)
    engine = LatentEncoder(OverflowsInHalf(encoder), parameters, "cpu")
    exact = engine.track([samples])
    engine.precision = torch.bfloat16

    again = engine.track([samples])

    assert exact is not None and again is not None
    np.testing.assert_allclose(again, exact, atol=1e-5)


def test_the_first_chunk_and_the_present_one_are_all_that_is_held() -> None:
    chunking = Chunking(hop=4, frames=16, reduction=2)
    blocks = (np.ones((2, 10), np.float32) for _ in range(1000))

    chunks = list(cut(blocks, chunking))

    assert sum(chunk.latents for chunk in chunks) == (10_000 // 4 - 3) // 2
    assert {chunk.samples.shape[1] for chunk in chunks[:-1]} == {chunking.samples(16)}


def test_hyper_parameters_hold_only_while_they_are_needed(checkpoints: Path) -> None:
    import music2latent.models as package

    before = package.base_channels
    load_encoder(checkpoints / "music2latent" / "music2latent.pt")

    with HyperParameters({"base_channels": 12}).hold():
        assert package.base_channels == 12
    assert package.base_channels == before


def test_wrong_checkpoints_are_refused(checkpoints: Path, tmp_path: Path, settings: Settings) -> None:
    own = tmp_path / "music2latent"
    shutil.copytree(checkpoints / "music2latent", own)
    good = torch.load(own / "music2latent.pt", weights_only=True)["gen_state_dict"]
    for state, words in (
        ({"model": good}, "gen_state_dict"),
        ({"gen_state_dict": {name: good[name] for name in good if "gain" not in name}}, "lacks encoder.gain"),
        ({"gen_state_dict": good | {"encoder.extra": torch.ones(1)}}, "this model lacks: encoder.extra"),
    ):
        torch.save(state, own / "music2latent.pt")
        with pytest.raises(ModelUnavailable, match=words):
            loaded(settings(tmp_path))


@pytest.mark.parametrize("text", ["[]", "{", '{"no_such_parameter": 1}'])
def test_unknown_hyper_parameters_are_refused(checkpoints: Path, tmp_path: Path, settings: Settings, text: str) -> None:
    shutil.copytree(checkpoints / "music2latent", tmp_path / "music2latent")
    (tmp_path / "music2latent" / "music2latent.json").write_text(text)

    with pytest.raises(ModelUnavailable, match="hyperparameters"):
        loaded(settings(tmp_path))


def test_the_chunks_are_those_of_the_settings_unless_the_checkpoint_says_otherwise(
    weights: Path, tmp_path: Path
) -> None:
    def adapter(folder: Path, seconds: float) -> LatentAdapter:
        settings = WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=folder, SONICMESH_LATENT_CHUNK_S=seconds)
        return LatentAdapter(spec("latent"), settings)

    shutil.copytree(weights.parent, tmp_path / "music2latent")
    parameters = tmp_path / "music2latent" / "music2latent.json"
    parameters.write_text(
        json.dumps({n: v for n, v in json.loads(parameters.read_text()).items() if n != "max_waveform_length_encode"})
    )
    published, short = adapter(tmp_path, 60), adapter(tmp_path, 2)
    assert published.model_id.endswith("/track")
    assert short.model_id == f"{published.model_id}/2s"
    assert published.needs_bytes > 10 * short.needs_bytes
    assert adapter(weights.parent.parent, 2).model_id.endswith("/track")  # the checkpoint's own chunks

    short.load()

    assert short._loaded().chunking.frames == 2 * RATE // 512 // 8 * 8
    assert short.model_id == f"{published.model_id}/2s"
