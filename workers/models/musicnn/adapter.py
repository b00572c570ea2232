"""The adapter of `musicnn`, which needs only numpy and the weights of a wheel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelUnavailable, SilentAudio
from workers.audio.decode import open_stream
from workers.models.adapter import Adapter, Recording, TextSide, mark_damaged
from workers.models.musicnn import VERSION
from workers.models.musicnn.ear import Taggers
from workers.models.musicnn.files import load
from workers.models.musicnn.listening import Listener
from workers.models.musicnn.places import check
from workers.models.musicnn.projection import constants
from workers.models.spectral.frames import RATE
from workers.models.text.trained import Texts, TrainedText
from workers.models.weights import ISC, WeightsSource

if TYPE_CHECKING:
    from workers.models.spec import ModelSpec
    from workers.runtime.settings import WorkerSettings


class MusicnnAdapter(Adapter):
    """Decodes and takes patches in `open_audio`, so that tracks run in parallel; `embed_audio` runs the networks."""

    batch = 4
    source: ClassVar[WeightsSource | None] = WeightsSource((), 29_292_476, ISC)

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        super().__init__(spec, settings)
        self._text: Texts = TrainedText(spec.name, settings)
        self._ear: Taggers | None = None

    @property
    def model_id(self) -> str:
        return f"musicnn-v{VERSION}"

    def check(self) -> None:
        check(self.settings.checkpoints)

    def load(self) -> None:
        self._ear = Taggers(load(self.settings.checkpoints))

    def unload(self) -> None:
        self._ear = None
        self._text.forget()

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        with open_stream(path, RATE, 1, duration) as stream:
            audio = self._hear(block[0] for block in stream)
            ending = stream.finish()
        if audio is None:
            raise SilentAudio(f"no audible sound below {RATE // 2000} kHz: {path.name}")
        return Recording(
            path=path,
            expected=duration,
            duration=ending.duration,
            warning=ending.warning,
            warning_message=ending.warning_message,
            audio=audio,
        )

    def _hear(self, blocks: Iterable[Vectors]) -> Any:
        """Return what the networks need of a track's mono blocks at `RATE`; None if nothing can be heard."""
        listener = Listener()
        for _ in listener.passing(blocks):
            pass
        return listener.patches()

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        if self._ear is None:
            raise ModelUnavailable(f"{self.spec.name} is not loaded")
        vectors = np.stack([self._vector(self._ear, recording.audio) for recording in recordings])
        return mark_damaged(recordings, vectors)

    def _vector(self, ear: Taggers, audio: Any) -> Vectors:
        """Return the vector [dim] of what `_hear` returned."""
        return constants().vector(ear(audio))

    def text_side(self) -> TextSide:
        return self._text.side()

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        return self._text.embed(texts, self.dim, self.model_id, self.device)
