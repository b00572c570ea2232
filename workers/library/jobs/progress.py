"""The progress of a job; counts each track once per model, whatever happens in between."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import contract.jobs
from contract.jobs import Failure
from workers.library.jobs.backoff import Wait
from workers.library.jobs.records import ENDED, PAUSED, RUNNING, Job

#: How many failures the progress lists; `batch.failures` has them all.
LISTED_FAILURES: Final = 50
SECONDS_PER_HOUR: Final = 3600.0
#: Minimum seconds of work behind a reported speed: one track in a millisecond says nothing about an hour.
LEAST_SECONDS: Final = 1.0
#: Measured only for tracks that a model computes.
COMPUTE: Final = "compute"


@dataclass(slots=True)
class ModelCounts:
    """One model of a job. `music` and `music_total` in seconds of audio; `seconds` of work, without pauses.

    `speed`: seconds of music per second of work in earlier jobs, 0 if never measured.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    #: Those of `done` whose vector existed already: copied or taken over, not computed.
    found: int = 0
    music: float = 0.0
    music_total: float = 0.0
    speed: float = 0.0
    #: Whether it is the model's turn, alone or with others.
    at_work: bool = False

    @property
    def tracks_per_hour(self) -> float:
        """How many tracks the model computes per hour; vectors that existed already do not count."""
        return (self.done - self.found) / max(self.seconds, LEAST_SECONDS) * SECONDS_PER_HOUR

    @property
    def measured_speed(self) -> float:
        return self.music / self.seconds if self.music > 0 and self.seconds > 0 else self.speed

    def told(self) -> contract.jobs.ModelProgress:
        return contract.jobs.ModelProgress(
            total=self.total, done=self.done, failed=self.failed, tracks_per_hour=round(self.tracks_per_hour, 1)
        )


class TrackProgress:
    """The counts of one job; not thread-safe. A track is through once all its models are."""

    def __init__(self, models: Iterable[str]) -> None:
        self.models = {model: ModelCounts() for model in models}
        self._left: Counter[str] = Counter()
        self._bad: set[str] = set()
        self._total_tracks = 0
        self._processed_tracks = 0
        self._failed_tracks = 0
        self.warnings = 0
        self.failures: list[Failure] = []
        self.current_track = ""
        self.message = ""
        #: Why nothing makes progress; None while something does.
        self.waits: Wait | None = None

    def add(self, model: str, track_id: str, duration: float) -> None:
        """Add one track to do with one model."""
        part = self.models[model]
        part.total += 1
        part.music_total += duration
        if track_id not in self._left:
            self._total_tracks += 1
        elif not self._left[track_id]:  # its earlier models were through with it
            self._processed_tracks -= 1
            self._failed_tracks -= track_id in self._bad
        self._left[track_id] += 1

    def done(self, model: str, track_id: str, duration: float, *, warning: bool = False, computed: bool = True) -> None:
        """Count a vector as stored; `computed`: the model made it just now."""
        self.models[model].done += 1
        self.models[model].found += not computed
        self.warnings += warning
        self._through(model, track_id, duration)

    def failed(self, model: str, track_id: str, duration: float, failure: Failure) -> None:
        """Count a track that will have no vector."""
        self.models[model].failed += 1
        self._bad.add(track_id)
        if len(self.failures) < LISTED_FAILURES:
            self.failures.append(failure)
        self._through(model, track_id, duration)

    def _through(self, model: str, track_id: str, duration: float) -> None:
        self.models[model].music += duration
        self._left[track_id] -= 1
        if not self._left[track_id]:
            self._processed_tracks += 1
            self._failed_tracks += track_id in self._bad

    @property
    def has_errors(self) -> bool:
        return bool(self._bad)

    @property
    def operations(self) -> tuple[int, int]:
        """Pairs of track and model: processed, and in total."""
        parts = self.models.values()
        return sum(p.done + p.failed for p in parts), sum(p.total for p in parts)

    def remaining_seconds(self) -> float | None:
        """Estimate the seconds of work left; None if a model with work left was never measured.

        Models at work run side by side and take as long as the slowest. The others follow, one after the other.
        """
        together, afterwards = 0.0, 0.0
        speeds = [p.measured_speed for p in self.models.values() if p.measured_speed > 0]
        for part in self.models.values():
            if part.done + part.failed >= part.total:
                continue
            speed = part.measured_speed or (min(speeds) if speeds else 0.0)
            if speed <= 0:
                return None
            seconds = max(part.music_total - part.music, 0.0) / speed
            together, afterwards = (
                (max(together, seconds), afterwards) if part.at_work else (together, afterwards + seconds)
            )
        seconds = together + afterwards
        return seconds if math.isfinite(seconds) else None

    def told(self, job: Job, now: float | None = None) -> contract.jobs.Progress:
        """Return the progress as reported to clients."""
        now = time.time() if now is None else now
        processed, total = self.operations
        over = job.status in ENDED
        remaining = None if over or job.status == PAUSED else self.remaining_seconds()
        return contract.jobs.Progress(
            status=job.status,
            job_id=job.id,
            kind=job.kind,
            total_tracks=self._total_tracks,
            processed_tracks=self._processed_tracks,
            failed_tracks=self._failed_tracks,
            current_track="" if over else self.current_track,
            progress_percent=round(100.0 * processed / total, 2) if total else 100.0 if over else 0.0,
            estimated_completion=None if remaining is None else now + remaining,
            started_at=job.started_at or job.created_at,
            ended_at=job.ended_at,
            models={name: part.told() for name, part in self.models.items()},
            total_operations=total,
            processed_operations=processed,
            failures=list(self.failures),
            warnings=self.warnings,
            automatic=job.automatic,
            message=job.message or self.message or job.note,
            waiting=self.waits.told if self.waits is not None and job.status == RUNNING else None,
        )
