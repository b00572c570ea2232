"""Follows a job of the scale bench to its end, and asks for playlists meanwhile as people do."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from bench.processes import cpu_seconds
from bench.scale_measures import Mark, Peaks
from bench.scale_mesh import ScaleMesh
from broker.events import EventSubscriber
from contract.events import TrackEnded
from contract.jobs import ENDED

#: Seconds between checks of the job, between playlists, and between memory samples.
LOOK_SECONDS: Final = 0.2
PLAYLIST_SECONDS: Final = 1.0
MEMORY_SECONDS: Final = 2.0
#: Seconds that a whole job may take.
JOB_SECONDS: Final = 4 * 3600.0
#: Number of most recently embedded tracks from which seeds are drawn.
RECENT: Final = 1000
GOOD: Final = ("completed",)


@dataclass(slots=True)
class Followed:
    """A job: its last progress, marks by model, and milliseconds of the answers while it ran."""

    job: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, list[Mark]] = field(default_factory=dict)
    peaks: Peaks = field(default_factory=Peaks)
    progress: list[float] = field(default_factory=list)
    playlists: list[float] = field(default_factory=list)
    #: Seconds from the first check of the job to the first playlist with tracks.
    first_playlist: float = 0.0
    seconds: float = 0.0


class Follower:
    """Watches one job until it ends."""

    def __init__(self, mesh: ScaleMesh, models: Sequence[str], tell: Callable[[str], None]) -> None:
        self._mesh = mesh
        self._models = models
        self._tell = tell
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._chance = random.Random(0)
        self._found = Followed(marks={model: [] for model in models})

    def follow(self) -> Followed:
        """Start the job and follow it to its end. Raises `TimeoutError`, or `RuntimeError` if it did not end well."""
        playlist_at = memory_at = 0.0
        with closing(EventSubscriber(self._mesh.settings.events_endpoint, (TrackEnded.topic,))) as events:
            began = time.monotonic()
            self._mesh.ask("POST", "/batch/start", {})
            while not self._look():
                now = time.monotonic()
                self._read(events)
                if self._recent and now >= playlist_at:
                    self._ask(began)
                    playlist_at = now + PLAYLIST_SECONDS
                if now >= memory_at:
                    self._found.peaks.look(self._mesh.processes())
                    memory_at = now + MEMORY_SECONDS
                if now - began > JOB_SECONDS:
                    raise TimeoutError(f"the job did not end within {JOB_SECONDS:.0f} s")
                time.sleep(LOOK_SECONDS)
        self._found.seconds = time.monotonic() - began
        if self._found.job["status"] not in GOOD:
            raise RuntimeError(f"the job ended as {self._found.job}")
        return self._found

    def _look(self) -> bool:
        """Record the job's progress; returns whether it is over. Until the job is planned, none of it is done."""
        began = time.perf_counter()
        _, job = self._mesh.ask("GET", "/batch/progress")
        self._found.progress.append(1000 * (time.perf_counter() - began))
        if job["status"] == "no_job":
            return False
        self._found.job = job
        cpu = {name: cpu_seconds(pid) for name, pid in self._mesh.processes().items()}
        for model in self._models:
            done = job["models"].get(model, {}).get("done", 0)
            self._found.marks[model].append(Mark(done, time.monotonic(), cpu))
        self._tell(f"{job['status']} {job['processed_operations']} / {job['total_operations']}")
        return job["status"] in ENDED

    def _read(self, events: EventSubscriber) -> None:
        while (received := events.receive(0.0)) is not None:
            self._recent.append(str(received[1]["track_id"]))

    def _ask(self, began: float) -> None:
        """Request one playlist similar to a track that was just embedded."""
        asked = time.perf_counter()
        tracks = self._mesh.playlist([self._chance.choice(self._recent)])
        self._found.playlists.append(1000 * (time.perf_counter() - asked))
        if tracks and not self._found.first_playlist:
            self._found.first_playlist = time.monotonic() - began
