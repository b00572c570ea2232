"""Events: what a process tells everybody, by topic.

On the channel an event is two frames: its topic, and a msgpack map of its fields with `ts` (unix seconds), `source` and
`seq`, which the publisher adds. A new subscriber gets the last value of each topic at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from contract.errors import ErrorInfo
from contract.jobs import Progress
from contract.message import Message, message
from contract.reading import Mismatch, read

#: What the publisher adds to the fields of an event.
STAMP: Final = ("ts", "source", "seq")

#: Why a model is loaded or unloaded.
LoadReason = Literal["request", "idle", "memory", "shutdown"]


class Event(Message):
    """Base of all events."""

    __slots__ = ()
    topic: ClassVar[str]


@message
class JobProgress(Progress, Event):
    """How far the job is: at most five times a second while one runs, and at every change of its status."""

    topic: ClassVar[str] = "batch.progress"


@message
class TrackEnded(Event):
    """A track is done with a model, or failed for this job. `seconds` of work in all its stages."""

    topic: ClassVar[str] = "batch.track"
    left_out: ClassVar[tuple[str, ...]] = ("error",)

    track_id: str
    model: str
    ok: bool
    seconds: float
    error: str | None = None


@message
class ModelEvent(Event):
    """What happens to the model of a worker."""

    model: str
    worker: str
    device: str
    reason: LoadReason
    seconds: float = 0.0
    memory_bytes: int = 0


@message
class ModelLoading(ModelEvent):
    """A worker begins to load its model. `memory_bytes`: what it will take."""

    topic: ClassVar[str] = "model.loading"


@message
class ModelLoaded(ModelEvent):
    """A model is loaded and warm. `seconds`: what loading took; `memory_bytes`: what it takes."""

    topic: ClassVar[str] = "model.loaded"


@message
class ModelUnloaded(ModelEvent):
    """A model's memory was given back; also told where nothing was loaded, for its files may have changed."""

    topic: ClassVar[str] = "model.unloaded"


@message
class ModelFailed(ModelEvent):
    """A model cannot be loaded."""

    topic: ClassVar[str] = "model.failed"

    error: ErrorInfo


@message
class WorkerEvent(Event):
    """What happens to a worker at the broker."""

    service: str
    worker: str
    host: str
    pid: int
    reason: str


@message
class WorkerUp(WorkerEvent):
    """A worker has registered."""

    topic: ClassVar[str] = "worker.up"


@message
class WorkerDown(WorkerEvent):
    """A worker left or is lost; `reason` says which."""

    topic: ClassVar[str] = "worker.down"


@message
class WorkerRefused(WorkerEvent):
    """A worker may not register: it speaks another version of the contract. `reason` names both versions.

    Told once for each worker, however often it tries.
    """

    topic: ClassVar[str] = "worker.refused"


@message
class LibraryChanged(Event):
    """New, changed or vanished tracks were seen. Counts of tracks; `tracks` and `missing`: how many there are now."""

    topic: ClassVar[str] = "library.changed"

    new: int
    changed: int
    vanished: int
    returned: int
    #: Tracks that stayed and got another id.
    adopted: int
    tracks: int
    missing: int


EVENTS: Final[Mapping[str, type[Event]]] = {
    kind.topic: kind
    for kind in (
        JobProgress,
        TrackEnded,
        ModelLoading,
        ModelLoaded,
        ModelUnloaded,
        ModelFailed,
        WorkerUp,
        WorkerDown,
        WorkerRefused,
        LibraryChanged,
    )
}
"""Every topic and the event that is told there."""


def read_event(topic: str, fields: Mapping[str, Any]) -> Event | None:
    """The event of a topic and its fields; None for a topic that is not ours, or fields that are none of its.

    Any process may publish, so what cannot be relied on is as if it had not been told.
    """
    kind = EVENTS.get(topic)
    if kind is None:
        return None
    try:
        return read(kind, {name: value for name, value in fields.items() if name not in STAMP})
    except Mismatch:
        return None
