"""`prune`: forgets tracks that vanished long ago, but never many at once: an unmounted disk must not cost any."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from contract.jobs import JobStatus, PruneOptions
from contract.search import DeleteRequest
from workers.library.catalogue.id_migrations import IdMigrations
from workers.library.catalogue.navidrome_watcher import READY, NavidromeWatcher
from workers.library.jobs.context import Context
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.records import COMPLETED
from workers.library.jobs.steps import StepProgress
from workers.library.jobs.work import Work
from workers.library.state.database import StateDatabase

#: Largest share of a library that is pruned unless somebody asks for all.
LARGEST_SHARE: Final = 0.2
#: Tracks to delete with one call.
STEP: Final = 500
SECONDS_PER_DAY: Final = 86400.0
#: Seconds between two looks for tracks to forget.
LOOK_SECONDS: Final = 600.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class PrunePlan:
    """Tracks to forget, and why others stay."""

    track_ids: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def plan_pruning(state: StateDatabase, before: float, *, told: bool = False) -> PrunePlan:
    """Plan which of the tracks that vanished before `before` (unix seconds) to forget.

    `told`: forget them however many they are.
    """
    libraries: dict[int, list[tuple[str, float | None]]] = defaultdict(list)
    for track_id, library_id, vanished_at in state.rows("SELECT id, library_id, vanished_at FROM track"):
        libraries[int(library_id)].append((str(track_id), vanished_at))
    plan = PrunePlan()
    for library_id, tracks in sorted(libraries.items()):
        old = [i for i, vanished_at in tracks if vanished_at is not None and vanished_at < before]
        present = sum(vanished_at is None for _, vanished_at in tracks)
        if told or not old or (present and len(old) <= max(1, int(LARGEST_SHARE * len(tracks)))):
            plan.track_ids += old
        else:
            plan.notices.append(
                f"library {library_id}: {len(old)} of {len(tracks)} tracks vanished, too many to forget "
                "automatically: is a disk unmounted? `library.prune` forgets them"
            )
    return plan


class Prune(Kind[PruneOptions]):
    """Starts automatically, every few minutes at most, if there is something to forget."""

    name = "prune"
    options = PruneOptions

    def __init__(self, context: Context, watcher: NavidromeWatcher) -> None:
        self._context = context
        self._watcher = watcher
        self._look_at = 0.0
        self._told = False
        #: Why vanished tracks are kept.
        self.notices: list[str] = []

    def look(self, *, told: bool) -> None:
        """Check as soon as no job is at work; `told`: forget all vanished tracks, however many they are."""
        self._told = told
        self._look_at = 0.0
        self._context.control.wake()

    def preview(self) -> PrunePlan:
        """Return what a job would forget now."""
        return plan_pruning(self._context.state, self._before)

    def due(self, *, fresh: bool) -> Mapping[str, Any] | None:
        if time.monotonic() < self._look_at or self._watcher.state != READY:
            return None
        self._look_at = time.monotonic() + LOOK_SECONDS
        plan, told = self._plan(told=self._told), self._told
        self._told = False
        return {"all": told, "automatic": True} if plan.track_ids else None

    def run(self, work: Work) -> JobStatus:
        work.begin()
        steps = work.tally
        assert isinstance(steps, StepProgress)
        track_ids = self._plan(told=self.wanted(work.job).all).track_ids
        for start in range(0, len(track_ids), STEP):
            steps.at("forgetting tracks that vanished long ago", start, len(track_ids))
            work.go_on()
            part = track_ids[start : start + STEP]
            IdMigrations(work.context.state).inherit(part, time.time())
            work.context.ask_patiently(work.context.search.delete, DeleteRequest(track_ids=part))
            _forget(work.context.state, part)
        steps.at("", len(track_ids), len(track_ids))
        log.info("forgot %d tracks that vanished long ago", len(track_ids))
        return COMPLETED

    def _plan(self, *, told: bool) -> PrunePlan:
        plan = plan_pruning(self._context.state, self._before, told=told)
        self.notices = plan.notices
        return plan

    @property
    def _before(self) -> float:
        return time.time() - self._context.settings.prune_after_days * SECONDS_PER_DAY


def _forget(state: StateDatabase, track_ids: Sequence[str]) -> None:
    values = [(track_id,) for track_id in track_ids]
    with state.write() as connection:
        connection.executemany("DELETE FROM ledger WHERE track_id = ?", values)
        connection.executemany("DELETE FROM track WHERE id = ? AND vanished_at IS NOT NULL", values)
