"""The contract of an embedding model: how the mesh loads it, feeds it recordings and texts, and lets it go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from broker.vectors import Vectors
from contract.embedding import AudioWarning, TextStatus
from contract.errors import MeshError, ModelUnavailable, TextUnavailable
from workers.models.spec import ModelSpec
from workers.models.weights import Source

if TYPE_CHECKING:
    from workers.runtime.settings import WorkerSettings


@dataclass(kw_only=True)
class Recording:
    """One track as `open_audio` prepared it: decoded, or a stream that `embed_audio` reads.

    `expected` and `duration` are seconds by the database and as decoded; `warning` is `truncated_audio` or None. What
    only shows while a stream is read (`duration`, `warning`, `error`) is set by `embed_audio`. A recording with an
    `error` is answered with it, whatever is in its row: so one bad track of a batch costs the others nothing.
    """

    path: Path
    expected: float | None = None
    duration: float = 0.0
    warning: AudioWarning | None = None
    warning_message: str | None = None
    error: MeshError | None = None
    #: Samples, a stream, whatever the adapter's own `embed_audio` wants. Closed with the recording where it can be.
    audio: Any = None

    def close(self) -> None:
        """Let go of samples and files; called once, after the answer or when nobody waits any more."""
        close = getattr(self.audio, "close", None)
        self.audio = None
        if close is not None:
            close()


@dataclass(frozen=True, slots=True)
class TextSide:
    """Whether texts can be embedded; `stub` only where `TEXT_EMBEDDING_USE_STUBS` asks for it. `reason`: why not."""

    status: TextStatus
    reason: str = ""


class Adapter(ABC):
    """One embedding model. The lifecycle calls `load`, `embed_*` and `unload` from the compute thread only, and sets
    `device` (`cpu`, `cuda:0`, ...) before `load`; `open_audio` runs in several threads, loaded or not.
    """

    #: Calls that `embed_audio` may get at once.
    batch: int = 1
    #: What `sonicmesh models download` fetches for it; None: nothing.
    source: ClassVar[Source | None] = None

    def __init__(self, spec: ModelSpec, settings: WorkerSettings) -> None:
        self.spec = spec
        self.settings = settings
        self.device = "cpu"

    @property
    def dim(self) -> int:
        """Length of a vector at the API. Once loaded it is the checkpoint's own."""
        return self.spec.dimension

    @property
    def license(self) -> str:
        return self.spec.license

    @property
    @abstractmethod
    def model_id(self) -> str:
        """What made a vector: checkpoint, windows, version. Vectors of unequal ids are not compared. May be "" until
        the model is loaded.
        """

    @property
    def needs_bytes(self) -> int:
        """Bytes on its device, working space included; before `load` an estimate, afterwards measured where possible.

        0: too little to be accounted for.
        """
        return 0

    def check(self) -> None:
        """Raise `ModelUnavailable` that says what to do where `load` cannot succeed (no weights); cheap."""

    @abstractmethod
    def load(self) -> None:
        """Make ready on `device`. Raises `ModelUnavailable` (what is missing, what to do), `OutOfMemory`."""

    def warm_up(self) -> None:
        """Called once after `load`: first kernels, calibration."""

    @abstractmethod
    def unload(self) -> None:
        """Give everything back. Called also after a `load` that failed halfway: nothing half-loaded stays."""

    @abstractmethod
    def open_audio(self, path: Path, duration: float | None) -> Recording:
        """The track, decoded or ready to stream; `duration` is the database's, in seconds.

        Raises `DecodeFailed`, `EmptyAudio`, `SilentAudio`, `FileMissing`, `FileUnreadable`.
        """

    @abstractmethod
    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        """float32 [n, dim], a row a recording, in order. Raises `OutOfMemory` (also torch's own or MemoryError: the
        batch is halved and tried again with freshly opened recordings), `ModelFailed`.
        """

    def text_side(self) -> TextSide:
        """Whether `embed_text` works here; may be asked before `load`."""
        return TextSide("unavailable", f"{self.spec.name} has no text side")

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, dim], a row a text, in order. Raises `TextUnavailable`."""
        raise TextUnavailable(f"model {self.spec.name!r} cannot embed text: {self.text_side().reason}")


def adapter_class(model: ModelSpec) -> type[Adapter]:
    """The class that computes `model`'s vectors. Raises `ModelUnavailable` where its packages are not installed."""
    module, _, name = model.adapter.partition(":")
    try:
        found: type[Adapter] = getattr(import_module(module), name)
    except ImportError as error:
        raise ModelUnavailable(
            f"model {model.name!r} needs packages that are not installed ({error}); `make models` installs them"
        ) from error
    return found
