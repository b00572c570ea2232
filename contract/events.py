"""Events: what a process announces to all others, by topic.

On the channel an event is two frames: its topic, and a msgpack map of its fields with `ts` (unix seconds), `source` and
`seq`, which the publisher adds. A new subscriber gets each topic's last value at once.
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
    """Base class of all events."""

    __slots__ = ()
    topic: ClassVar[str]


@message
class JobProgress(Progress, Event):
    """Progress of the job: at most five times a second while it runs, and whenever its status changes."""

    topic: ClassVar[str] = "batch.progress"


@message
class TrackEnded(Event):
    """A model finished a track, or failed on it for this job. `seconds`: work in all stages together."""

    topic: ClassVar[str] = "batch.track"
    left_out: ClassVar[tuple[str, ...]] = ("error",)

    track_id: str
    model: str
    ok: bool
    seconds: float
    error: str | None = None


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
class ModelFailed(ModelEvent):
    """A model cannot be loaded."""

    topic: ClassVar[str] = "model.failed"

    error: ErrorInfo


@message
class WorkerEvent(Event):
    """Base class of the broker's events about a worker."""

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
    """The broker refused a worker that speaks another version of the contract. `reason` names both versions.

    Sent once per worker, however often it tries.
    """

    topic: ClassVar[str] = "worker.refused"


@message
class LibraryChanged(Event):
    """New, changed or vanished tracks were found. Counts of tracks; `tracks` and `missing` are the current totals."""

    topic: ClassVar[str] = "library.changed"

    new: int
    changed: int
    vanished: int
    returned: int
    #: Tracks that stayed but got a new id.
    adopted: int
    tracks: int
    missing: int


@message
class LabelsChanged(Event):
    """Labels or facts of tracks changed; at most once a second. `heard`: tracks with any; `revision`: the newest."""

    topic: ClassVar[str] = "labels.changed"

    heard: int
    revision: int


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
        LabelsChanged,
    )
}
"""Every topic and its type of event."""


def read_event(topic: str, fields: Mapping[str, Any]) -> Event | None:
    """Returns the event of a topic; None for an unknown topic or for fields that do not fit.

    Any process may publish, so malformed events are ignored.
    """
    kind = EVENTS.get(topic)
    if kind is None:
        return None
    try:
        return read(kind, {name: value for name, value in fields.items() if name not in STAMP})
    except Mismatch:
        return None
