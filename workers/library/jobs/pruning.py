"""Forgets tracks that vanished long ago, and never much at once: a disk that is not mounted must cost nothing."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from contract.search import DeleteRequest
from workers.library.catalogue.adoption import Adoptions
from workers.library.jobs.context import Context
from workers.library.state.database import State

#: Largest share of a library that is pruned without being told to.
LARGEST_SHARE: Final = 0.2
#: Tracks deleted with one call.
STEP: Final = 500
SECONDS_PER_DAY: Final = 86400.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Plan:
    """Tracks to forget, and why others stay."""

    track_ids: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def plan_pruning(state: State, before: float, *, told: bool = False) -> Plan:
    """What vanished before `before` (unix seconds). `told`: somebody said that so much may go."""
    libraries: dict[int, list[tuple[str, float | None]]] = defaultdict(list)
    for track_id, library_id, vanished_at in state.rows("SELECT id, library_id, vanished_at FROM track"):
        libraries[int(library_id)].append((str(track_id), vanished_at))
    plan = Plan()
    for library_id, tracks in sorted(libraries.items()):
        old = [i for i, vanished_at in tracks if vanished_at is not None and vanished_at < before]
        present = sum(vanished_at is None for _, vanished_at in tracks)
        if told or not old or (present and len(old) <= max(1, int(LARGEST_SHARE * len(tracks)))):
            plan.track_ids += old
        else:
            plan.notices.append(
                f"library {library_id}: {len(old)} of {len(tracks)} tracks vanished; "
                "that is too much to forget by itself: is a disk not mounted? `library.prune` forgets them"
            )
    return plan


def prune(context: Context, *, told: bool = False) -> Plan:
    """Forget what vanished longer ago than the grace period. Raises `Interrupted`, `MeshError`."""
    before = time.time() - context.settings.prune_after_days * SECONDS_PER_DAY
    plan = plan_pruning(context.state, before, told=told)
    for start in range(0, len(plan.track_ids), STEP):
        part = plan.track_ids[start : start + STEP]
        Adoptions(context.state).inherit(part, time.time())
        context.ask_patiently(context.search.delete, DeleteRequest(track_ids=part))
        _forget(context.state, part)
    if plan.track_ids:
        log.info("forgot %d tracks that vanished long ago", len(plan.track_ids))
    return plan


def _forget(state: State, track_ids: Sequence[str]) -> None:
    values = [(track_id,) for track_id in track_ids]
    with state.write() as connection:
        connection.executemany("DELETE FROM ledger WHERE track_id = ?", values)
        connection.executemany("DELETE FROM track WHERE id = ? AND vanished_at IS NOT NULL", values)
