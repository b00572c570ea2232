"""Events of model workers: a model is loaded, freed, or fails to load."""

from __future__ import annotations

from typing import ClassVar, Literal

from contract.errors import ErrorInfo
from contract.event import Event
from contract.message import message

#: Why a model is loaded or unloaded.
LoadReason = Literal["request", "idle", "memory", "shutdown"]


@message
class ModelEvent(Event):
    """Base class of events about a worker's model."""

    model: str
    worker: str
    device: str
    reason: LoadReason
    seconds: float = 0.0
    memory_bytes: int = 0


@message
class ModelLoading(ModelEvent):
    """A worker starts to load its model. `memory_bytes`: memory that it will take."""

    topic: ClassVar[str] = "model.loading"


@message
class ModelLoaded(ModelEvent):
    """A model is loaded and warm. `seconds`: loading time; `memory_bytes`: memory in use."""

    topic: ClassVar[str] = "model.loaded"


@message
class ModelUnloaded(ModelEvent):
    """A worker freed its model's memory; also sent if nothing was loaded, as the model's files may have changed."""

    topic: ClassVar[str] = "model.unloaded"


@message
class ModelLoadFailed(ModelEvent):
    """A model cannot be loaded."""

    topic: ClassVar[str] = "model.failed"

    error: ErrorInfo
