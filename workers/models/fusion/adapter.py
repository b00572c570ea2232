"""The adapter of `fusion`: decodes a track once and passes the same samples to both models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.vectors import Vectors
from workers.models.adapter import Recording
from workers.models.fusion import VERSION
from workers.models.fusion.projection import constants
from workers.models.fusion.words import FusionText
from workers.models.musicnn.adapter import MusicnnAdapter
from workers.models.musicnn.layout import Array
from workers.models.musicnn.listening import Listener
from workers.models.musicnn.taggers import Taggers
from workers.models.spectral.descriptor import Features, describe
from workers.sound.analyser import SoundAnalyser

if TYPE_CHECKING:
    from workers.models.spec import ModelSpec
    from workers.runtime.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class PreparedTrack:
    """What remains of a track after decoding: features, and patches [n, 187, 96] for the networks."""

    features: Features
    patches: Array


class FusionAdapter(MusicnnAdapter):
    """Decodes and extracts features in `open_audio`, which runs in parallel; `embed_audio` runs the networks."""

    source = None  # its weights are those of musicnn

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        super().__init__(spec, settings)
        self._text = FusionText(spec.name, settings)

    @property
    def model_id(self) -> str:
        return f"fusion-v{VERSION}"

    def load(self) -> None:
        super().load()
        constants()

    def hear(self, samples: Iterable[Array], analyser: SoundAnalyser) -> PreparedTrack | None:
        """Return features and patches of the same samples; None if nothing can be heard."""
        listener = Listener()
        features = describe(listener.passing(samples), analyser.add)
        patches = listener.patches()
        return None if features is None or patches is None else PreparedTrack(features, patches)

    def _vector(self, ear: Taggers, recording: Recording) -> Vectors:
        audio: PreparedTrack = recording.audio
        hidden = ear(audio.patches)
        self._labelled(recording, hidden)
        return constants().vector(audio.features, hidden)
