"""The adapter of `musicnn`, which needs only numpy and the weights of a wheel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelUnavailable
from workers.models.adapter import Adapter, Recording, TextSide, mark_damaged
from workers.models.musicnn import VERSION
from workers.models.musicnn.files import load
from workers.models.musicnn.listening import Listener
from workers.models.musicnn.locations import check
from workers.models.musicnn.projection import constants
from workers.models.musicnn.taggers import Taggers
from workers.models.musicnn.tags import TagHeads, vocals
from workers.models.spectral.frames import Array, blocks
from workers.models.spectral.spectra import analyse
from workers.models.text.trained import Texts, TrainedText
from workers.models.weights import ISC, WeightsSource
from workers.sound.analyser import SoundAnalyser
from workers.sound.opening import open_and_hear

if TYPE_CHECKING:
    from workers.models.spec import ModelSpec
    from workers.runtime.settings import WorkerSettings


class MusicnnAdapter(Adapter):
    """Decodes and takes patches in `open_audio`, so that tracks run in parallel; `embed_audio` runs the networks."""

    batch = 4
    analyses = True
    has_tags = True
    source: ClassVar[WeightsSource | None] = WeightsSource((), 29_292_476, ISC)

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        super().__init__(spec, settings)
        self._text: Texts = TrainedText(spec.name, settings)
        self._ear: Taggers | None = None
        self._heads: TagHeads | None = None

    @property
    def model_id(self) -> str:
        return f"musicnn-v{VERSION}"

    def check(self) -> None:
        check(self.settings.checkpoints)

    def load(self) -> None:
        weights = load(self.settings.checkpoints)
        self._ear, self._heads = Taggers(weights), TagHeads.of(weights)

    def unload(self) -> None:
        self._ear = self._heads = None
        self._text.forget()

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        return open_and_hear(path, duration, self.hear)

    def hear(self, samples: Iterable[Array], analyser: SoundAnalyser) -> Any:
        """Return what `embed_audio` needs of a track's mono blocks; None if nothing can be heard."""
        return hear_patches(samples, analyser)

    def analyse(self, path: Path, duration: float | None) -> Recording:
        return open_and_hear(path, duration, hear_patches)

    def tags(self, recording: Recording) -> list[float] | None:
        if self._ear is None:
            raise ModelUnavailable(f"{self.spec.name} is not loaded")
        return self._labelled(recording, self._ear(recording.audio))

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        if self._ear is None:
            raise ModelUnavailable(f"{self.spec.name} is not loaded")
        vectors = np.stack([self._vector(self._ear, recording) for recording in recordings])
        return mark_damaged(recordings, vectors)

    def _vector(self, ear: Taggers, recording: Recording) -> Vectors:
        """Return the vector [dim] of a recording, and note its labels."""
        hidden = ear(recording.audio)
        self._labelled(recording, hidden)
        return constants().vector(hidden)

    def _labelled(self, recording: Recording, hidden: Vectors) -> list[float] | None:
        """Note the labels of a recording with the hidden layer [400]; return raw scores, None if it is damaged."""
        if self._heads is None or not np.isfinite(hidden).all():
            return None
        scores = self._heads.scores(hidden[None])[0]
        found = [round(float(score), 3) for score in scores]
        if recording.analysis is not None:
            facts = recording.analysis.facts
            with_vocals = None if facts is None else replace(facts, vocals=round(vocals(scores), 4))
            recording.analysis = replace(recording.analysis, scores=found, facts=with_vocals)
        return found

    def text_side(self) -> TextSide:
        return self._text.side()

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        return self._text.embed(texts, self.dim, self.model_id, self.device)


def hear_patches(samples: Iterable[Array], analyser: SoundAnalyser) -> Array | None:
    """Return the patches [n, 187, 96] that the networks need of a track's mono blocks; None if nothing can be heard."""
    listener = Listener()
    for block in blocks(listener.passing(samples)):
        analyser.add(analyse(block))
    return listener.patches()
