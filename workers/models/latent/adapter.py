"""The adapter of Music2Latent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from broker.vectors import Vectors
from contract.errors import EmptyAudio, MeshError, ModelUnavailable
from workers.models.adapter import Recording
from workers.models.enrich import enrich
from workers.models.latent.files import SOURCE, find_weights
from workers.models.latent.rows import rows
from workers.models.neural.adapter import NeuralAdapter
from workers.models.neural.streamed_track import note_ending

if TYPE_CHECKING:
    from workers.models.latent.encoder import LatentEncoder

#: The package's hyper-parameter for the chunk length in samples, and its published value in seconds.
CHUNK_NAME, PUBLISHED_SECONDS = "max_waveform_length_encode", 60
#: Rows made from each latent: real, imaginary, magnitude.
ROWS: Final = 3


class LatentAdapter(NeuralAdapter):
    """Embeds whole tracks in stereo, chunk by chunk as the package does."""

    rate: ClassVar[int] = 44100
    channels: ClassVar[int] = 2
    #: For chunks of a minute, as published; proportionally less for a shorter `max_waveform_length_encode`.
    working_share: ClassVar[float] = 28.0
    packages: ClassVar[tuple[str, ...]] = ("music2latent",)
    source = SOURCE
    _encoder: LatentEncoder | None = None

    @property
    def files(self) -> Sequence[Path]:
        weights = find_weights(self.settings.checkpoints)
        parameters = weights.with_suffix(".json")
        return (parameters, weights) if parameters.is_file() else (weights,)

    @property
    def needs_bytes(self) -> int:
        if self._measured:
            return self._measured
        share = (self._own_chunk_samples or self._chunk_samples) / (PUBLISHED_SECONDS * self.rate)
        weights = self.files[-1]
        return int(weights.stat().st_size * (1 + self.working_share * share))

    @property
    def _own_chunk_samples(self) -> int | None:
        """Samples of a chunk in the checkpoint's own hyper-parameters, if they have it; loading refuses bad ones."""
        *beside, _weights = self.files
        try:
            samples = json.loads(beside[0].read_bytes())[CHUNK_NAME] if beside else None
        except (ValueError, TypeError, KeyError):
            return None
        return samples if isinstance(samples, int) else None

    @property
    def _chunk_samples(self) -> int:
        """Samples of a chunk, unless the checkpoint has its own hyper-parameters."""
        return round(self.settings.latent_chunk_seconds * self.rate)

    @property
    def method(self) -> str:
        seconds = self.settings.latent_chunk_seconds
        return "track" if self._own_chunk_samples or seconds == PUBLISHED_SECONDS else f"track/{seconds:g}s"

    def _load(self) -> int:
        from workers.models.latent.encoder import LatentEncoder
        from workers.models.latent.package import load_encoder

        encoder, parameters = load_encoder(find_weights(self.settings.checkpoints), {CHUNK_NAME: self._chunk_samples})
        self._encoder = LatentEncoder(encoder, parameters, self.device, compiled=self.settings.torch_compile)
        if self._encoder.rate != self.rate:
            raise ModelUnavailable(f"the checkpoint is for {self._encoder.rate} Hz, not {self.rate}")
        return ROWS * self._encoder.latents

    def _tune(self) -> None:
        self._loaded().tune()

    def unload(self) -> None:
        self._encoder = None
        super().unload()

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        vectors = np.zeros((len(recordings), self.dim), np.float32)
        for row, recording in zip(vectors, recordings, strict=True):
            try:
                row[:] = self._embed(recording)
            except MeshError as error:
                recording.error = error
        return vectors

    def _embed(self, recording: Recording) -> Vectors:
        latents = self._loaded().track(recording.audio)
        if latents is None:
            raise EmptyAudio(f"no samples in {recording.path.name}")
        note_ending(recording)
        return enrich(rows(latents))

    def _loaded(self) -> LatentEncoder:
        if self._encoder is None:
            raise ModelUnavailable("latent is not loaded")
        return self._encoder
