"""Records every outcome once: ledger, progress, events."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contract.errors import FileMissing, FileUnreadable, Poisoned
from contract.events import TrackEnded
from contract.jobs import Failure
from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.context import Context
from workers.library.jobs.due import FINAL_CODES, MAX_ATTEMPTS
from workers.library.jobs.items import Item
from workers.library.jobs.ledger import Done, Failed, Ledger
from workers.library.jobs.progress import COMPUTE, TrackProgress
from workers.library.jobs.records import JobModel
from workers.library.navidrome.paths import shown

#: Failures that only a later job retries: nothing will have changed in a minute, or a try is expensive.
ONCE_A_JOB: Final = frozenset(error.code for error in (FileMissing, FileUnreadable, Poisoned))


class Recorder:
    """Records the outcomes of one model of one job."""

    def __init__(self, context: Context, job_id: str, part: JobModel, ledger: Ledger, progress: TrackProgress) -> None:
        self._context = context
        self._job_id = job_id
        self._ledger = ledger
        self._progress = progress
        self._part = part

    def done(self, outcomes: Sequence[Done]) -> None:
        """Record vectors that the store has acknowledged."""
        with self._context.state.write():
            self._ledger.finish(outcomes, self._job_id, time.time())
            self._keep_part()
        self._context.control.outcomes += 1
        for outcome in outcomes:
            entry = outcome.entry
            self._progress.done(
                self._ledger.model,
                entry.id,
                entry.duration,
                warning=bool(outcome.warning),
                computed=COMPUTE in outcome.stages,
            )
            self._tell(entry, ok=True, error=None, seconds=sum(outcome.stages.values()))

    def failed(self, item: Item, code: str, message: str) -> bool:
        """Record a failed attempt; return whether it was the track's last in this job."""
        final = code in FINAL_CODES or code in ONCE_A_JOB or item.row.attempts + 1 >= MAX_ATTEMPTS
        with self._context.state.write():
            attempts = self._ledger.fail(Failed(item.entry, code, message, final), self._job_id, time.time())
            self._keep_part()
        item.row = replace(item.row, attempts=attempts)
        if final:
            failure = _failure(item.entry, self._ledger.model, code, message, attempts)
            self._progress.failed(self._ledger.model, item.entry.id, item.entry.duration, failure)
            self._tell(item.entry, ok=False, error=code, seconds=sum(item.stages.values()))
        return final

    def _keep_part(self) -> None:
        counts = self._progress.models[self._ledger.model]
        self._context.jobs.put_part(self._job_id, replace(self._part, seconds=counts.seconds, music=counts.music))

    def _tell(self, entry: CatalogueTrack, *, ok: bool, error: str | None, seconds: float) -> None:
        self._context.events.tell(
            TrackEnded(track_id=entry.id, model=self._ledger.model, ok=ok, seconds=seconds, error=error)
        )


def _failure(entry: CatalogueTrack, model: str, code: str, message: str, attempts: int) -> Failure:
    return Failure(
        track_id=entry.id,
        title=entry.title,
        artist=entry.artist,
        path=shown(entry.path),
        model=model,
        code=code,
        message=message,
        attempts=attempts,
    )
