"""Events: what a process announces to all others, by topic.

On the channel an event is two frames: its topic, and a msgpack map of its fields with `ts` (unix seconds), `source` and
`seq`, which the publisher adds. A new subscriber gets each topic's last value at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from contract.event import Event
from contract.jobs import Progress
from contract.loading import ModelLoaded, ModelLoadFailed, ModelLoading, ModelUnloaded
from contract.message import message
from contract.presence import WorkerDown, WorkerRefused, WorkerUp
from contract.reading import Mismatch, read

#: What the publisher adds to the fields of an event.
STAMP: Final = ("ts", "source", "seq")


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
        ModelLoadFailed,
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
