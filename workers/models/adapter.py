"""The contract of an embedding model: how the mesh loads it, passes it recordings and texts, and unloads it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from broker.vectors import Vectors
from contract.embedding import AudioWarning, TextStatus
from contract.errors import InvalidRequest, MeshError, ModelFailed, ModelUnavailable, TextUnavailable
from contract.labels import AudioAnalysis
from workers.models.spec import ModelSpec
from workers.models.weights import WeightsSource

if TYPE_CHECKING:
    from workers.runtime.settings import WorkerSettings


@dataclass(kw_only=True)
class Recording:
    """One track from `open_audio`: decoded, or a stream that `embed_audio` reads.

    `expected` and `duration` are seconds, from the database and as decoded; `warning` is `truncated_audio` or None.
    If the audio is a stream, `embed_audio` sets `duration`, `warning` and `error`, which only reading reveals. The
    reply for a recording with an `error` is that error, whatever its row holds, so a bad track does not fail its batch.
    """

    path: Path
    expected: float | None = None
    duration: float = 0.0
    warning: AudioWarning | None = None
    warning_message: str | None = None
    error: MeshError | None = None
    #: Samples, a stream, or whatever the adapter's `embed_audio` takes. Closed with the recording if it has `close`.
    audio: Any = None
    #: What is heard beside the vector, if the adapter listens for it.
    analysis: AudioAnalysis | None = None

    def close(self) -> None:
        """Release samples and files; called once, after the reply or when the request is abandoned."""
        close = getattr(self.audio, "close", None)
        self.audio = None
        if close is not None:
            close()


@dataclass(frozen=True, slots=True)
class TextSide:
    """Whether texts can be embedded, and the `reason` if not; `stub` only if `TEXT_EMBEDDING_USE_STUBS` is set."""

    status: TextStatus
    reason: str = ""


class Adapter(ABC):
    """One embedding model.

    The lifecycle sets `device` (`cpu`, `cuda:0`, ...) before `load`, and calls `load`, `embed_*` and `unload` only from
    the compute thread; `open_audio` runs in several threads, whether the model is loaded or not.
    """

    #: Most recordings per call of `embed_audio`.
    batch: int = 1
    #: Whether `analyse` works, and whether `tags` does.
    analyses: ClassVar[bool] = False
    has_tags: ClassVar[bool] = False
    #: What `sonicmesh models download` fetches; None for nothing.
    source: ClassVar[WeightsSource | None] = None

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        self.spec = spec
        self.settings = settings
        self.device = "cpu"

    @property
    def dim(self) -> int:
        """Length of a vector at the API; once loaded, that of the checkpoint."""
        return self.spec.dimension

    @property
    def license(self) -> str:
        return self.spec.license

    @property
    @abstractmethod
    def model_id(self) -> str:
        """What made a vector: checkpoint, windows, version. May be "" until the model is loaded.

        Vectors of unequal ids are not compared.
        """

    @property
    def needs_bytes(self) -> int:
        """Bytes on the device, including working space; an estimate before `load`, then measured if possible.

        0 means too little to count.
        """
        return 0

    def check(self) -> None:
        """Raise `ModelUnavailable`, which says what to do, if `load` cannot succeed (no weights). Cheap."""

    @abstractmethod
    def load(self) -> None:
        """Load onto `device`. Raises `ModelUnavailable` (what is missing, what to do), `OutOfMemory`."""

    def warm_up(self) -> None:
        """Run first kernels and calibrate; called once after `load`."""

    @abstractmethod
    def unload(self) -> None:
        """Free everything. Also called after `load` fails halfway, so that nothing stays half-loaded."""

    @abstractmethod
    def open_audio(self, path: Path, duration: float | None) -> Recording:
        """Open a track, decoded or ready to stream; `duration` is the database's, in seconds.

        Raises `DecodeFailed`, `EmptyAudio`, `SilentAudio`, `FileMissing`, `FileUnreadable`.
        """

    def analyse(self, path: Path, duration: float | None) -> Recording:
        """Open a track only for its `analysis`: facts of the signal, and what `tags` needs in `audio`, if possible.

        Raises the errors of `open_audio`, and `InvalidRequest` if this model does not analyse.
        """
        raise InvalidRequest(f"model {self.spec.name!r} makes vectors only", {"field": "path"})

    def tags(self, recording: Recording) -> list[float] | None:
        """Return the raw scores of what `analyse` opened, one per label; None without taggers.

        Called from the compute thread, like `embed_audio`.
        """
        return None

    @abstractmethod
    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        """Return float32 [n, dim], one row per recording, in order.

        Raises `ModelFailed`, or `OutOfMemory` (torch's own or MemoryError will do), after which the caller opens the
        recordings again and retries half the batch.
        """

    def text_side(self) -> TextSide:
        """Whether `embed_text` works here; may be called before `load`."""
        return TextSide("unavailable", f"{self.spec.name} has no text side")

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [n, dim], one row per text, in order. Raises `TextUnavailable`."""
        raise TextUnavailable(f"model {self.spec.name!r} cannot embed text: {self.text_side().reason}")


def adapter_class(model: ModelSpec) -> type[Adapter]:
    """Return the adapter class of `model`. Raises `ModelUnavailable` if its packages are not installed."""
    module, _, name = model.adapter.partition(":")
    try:
        found: type[Adapter] = getattr(import_module(module), name)
    except ImportError as error:
        raise ModelUnavailable(
            f"model {model.name!r} needs packages that are not installed ({error}); `make models` installs them"
        ) from error
    return found


def mark_damaged(recordings: Sequence[Recording], vectors: Vectors) -> Vectors:
    """Return `vectors` [n, dim]; each recording whose vector is not finite gets the error `ModelFailed`."""
    for recording, vector in zip(recordings, vectors, strict=True):
        if not np.isfinite(vector).all():
            recording.error = ModelFailed(f"{recording.path.name} produced no vector: damaged float samples?")
    return vectors
