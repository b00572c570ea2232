"""The adapter of `fusion`: decodes a track once and passes the same samples to both models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelFailed, ModelUnavailable, SilentAudio
from workers.audio.decode import open_stream
from workers.models.adapter import Adapter, Recording, TextSide
from workers.models.fusion import VERSION
from workers.models.fusion.projection import constants
from workers.models.fusion.words import Words
from workers.models.musicnn.ear import Ear
from workers.models.musicnn.files import load
from workers.models.musicnn.layout import Array
from workers.models.musicnn.listening import Listener
from workers.models.musicnn.places import check
from workers.models.spectral.descriptor import Features, describe
from workers.models.spectral.frames import RATE

if TYPE_CHECKING:
    from workers.models.spec import ModelSpec
    from workers.runtime.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Heard:
    """What remains of a track after decoding: features, and patches [n, 187, 96] for the networks."""

    features: Features
    patches: Array


class FusionAdapter(Adapter):
    """Decodes and extracts features in `open_audio`, which runs in parallel; `embed_audio` runs the networks."""

    batch = 4

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        super().__init__(spec, settings)
        self._text = Words(spec.name, settings)
        self._ear: Ear | None = None

    @property
    def model_id(self) -> str:
        return f"fusion-v{VERSION}"

    def check(self) -> None:
        check(self.settings.checkpoints)

    def load(self) -> None:
        self._ear = Ear(load(self.settings.checkpoints))
        constants()

    def unload(self) -> None:
        self._ear = None
        self._text.forget()

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        listener = Listener()
        with open_stream(path, RATE, 1, duration) as stream:
            features = describe(listener.passing(block[0] for block in stream))
            ending = stream.finish()
        patches = listener.patches()
        if features is None or patches is None:
            raise SilentAudio(f"nothing can be heard below {RATE // 2000} kHz: {path.name}")
        return Recording(
            path=path,
            expected=duration,
            duration=ending.duration,
            warning=ending.warning,
            warning_message=ending.warning_message,
            audio=Heard(features, patches),
        )

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        if self._ear is None:
            raise ModelUnavailable(f"{self.spec.name} is not loaded")
        vectors = np.stack([self._vector(self._ear, recording.audio) for recording in recordings])
        for recording, vector in zip(recordings, vectors, strict=True):
            if not np.isfinite(vector).all():
                recording.error = ModelFailed(f"no vector came out of {recording.path.name}: damaged float samples?")
        return vectors

    def _vector(self, ear: Ear, heard: Heard) -> Vectors:
        return constants().vector(heard.features, ear(heard.patches))

    def text_side(self) -> TextSide:
        return self._text.side()

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        return self._text.embed(texts, self.dim, self.model_id, self.device)
