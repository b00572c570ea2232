"""`migrate_ids`: applies changed ids, which the state has recorded already, to the store.

Every step may be repeated: after a kill, the next process goes through it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Any, Final

from contract.errors import MeshError
from contract.jobs import JobStatus
from contract.message import Nothing
from contract.operation import BATCH
from contract.search import CopyRequest, DeleteRequest, LookupRequest
from workers.library.catalogue.catalogue import CatalogueTrack, Changes
from workers.library.catalogue.changed import publish_changes
from workers.library.catalogue.id_migrations import REWRITTEN, SAME_AUDIO, SAME_PATH, IdMigrations
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.jobs.backoff import passes
from workers.library.jobs.context import LOOK_SECONDS, STORE_SECONDS, Context, Interrupted
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.ledger import PENDING, Ledger, LedgerRow
from workers.library.jobs.records import COMPLETED, FAILED, Job
from workers.library.jobs.steps import StepProgress
from workers.library.jobs.work import Work
from workers.library.jobs.writer import store_row

#: How many ids to move at once: copied side by side, then their old rows deleted with one call.
STEP: Final = 32

#: Seconds before retrying after a failure: after the first, and at most.
FAILED_SECONDS: Final = (10.0, 3600.0)

#: Applies changed ids (new id by old id) to one generation (None: the one in service).
Follow = Callable[[Context, Ledger, str | None, dict[str, str]], None]

log = logging.getLogger(__name__)


class MigrateIds(Kind[Nothing]):
    """Starts automatically as soon as ids change, and interrupts an embedding job for that."""

    name = "migrate_ids"
    options = Nothing
    urgent = True
    never_pauses = "ids have changed in Navidrome: everything else waits until the vectors have moved"
    never_cancelled = never_pauses

    def __init__(self, context: Context, watcher: NavidromeWatcher) -> None:
        self._context = context
        self._watcher = watcher
        #: Earliest time of the next try, and the number of consecutive failures before it.
        self._not_before = 0.0
        self._failures = 0

    def look(self) -> None:
        """Interrupt the running job after a change of the library: changed ids cannot wait for its end."""
        if self._watcher.must_migrate:
            self._context.control.interrupt()

    def due(self, *, fresh: bool) -> Mapping[str, Any] | None:
        if fresh or self._watcher.must_migrate:
            self._watcher.look(migrate=True)
        elif time.monotonic() < self._not_before:
            return None
        migrations = IdMigrations(self._context.state)
        migrations.drop_returned()
        return {"automatic": True} if migrations.open(REWRITTEN, SAME_PATH, SAME_AUDIO) else None

    def over(self, job: Job) -> None:
        """Delay the next try after each failure, longer every time."""
        self._failures = self._failures + 1 if job.status == FAILED else 0
        if self._failures:
            first, longest = FAILED_SECONDS
            self._not_before = time.monotonic() + min(first * 2.0 ** min(self._failures - 1, 20), longest)

    def run(self, work: Work) -> JobStatus:
        work.begin()
        context, steps = work.context, work.tally
        assert isinstance(steps, StepProgress)
        migrations = IdMigrations(context.state)
        migrations.drop_returned()
        renamed, relocated = migrations.open(REWRITTEN, SAME_PATH), migrations.open(SAME_AUDIO)
        changed = len(renamed) + len(relocated)
        done = 0
        for pairs, follow, close in (
            *((pairs, _move, migrations.close) for pairs in _steps(renamed)),
            *((pairs, _carry, migrations.forget) for pairs in _steps(relocated)),
        ):
            steps.at("moving vectors to ids that changed in Navidrome", done, changed)
            work.tick()
            _follow(context, pairs, follow)
            close(pairs)
            done += len(pairs)
        steps.at("", done, changed)
        log.info("%d ids changed in Navidrome: their vectors have moved", changed)
        if relocated:
            publish_changes(context.events, context.catalogue, Changes())  # fewer tracks are missing now
        return COMPLETED


def _steps(pairs: Mapping[str, str]) -> Iterator[dict[str, str]]:
    ids = list(pairs)
    for start in range(0, len(ids), STEP):
        yield {old: pairs[old] for old in ids[start : start + STEP]}


def _follow(context: Context, pairs: dict[str, str], follow: Follow) -> None:
    """Apply the ids to every generation, then delete the old ids from the store."""
    for model, generation in context.state.rows("SELECT DISTINCT model, generation FROM ledger"):
        in_service = context.models.get(str(model)).generation == generation
        ledger = Ledger(context.state, str(model), str(generation))
        follow(context, ledger, None if in_service else str(generation), pairs)
    context.ask_patiently(context.search.delete, DeleteRequest(track_ids=list(pairs)))


def _move(context: Context, ledger: Ledger, target: str | None, pairs: dict[str, str]) -> None:
    """Copy the vectors of one generation to new ids that the ledger has already."""
    rows = ledger.rows(list(pairs.values()))
    entries = {entry.id: entry for entry in context.catalogue.entries(list(rows))}
    todo = {old: (entries[new], rows[new]) for old, new in pairs.items() if new in entries and rows[new].audio_id}
    copied = _copy_all(context, ledger, target, todo)
    for old, (entry, _) in todo.items():
        if old in copied:
            ledger.keep_tags(entry)
        elif not _is_there(context, ledger.model, target, entry.id):
            ledger.forget_vectors([entry.id])  # neither id has a vector: the next job computes one


def _carry(context: Context, ledger: Ledger, target: str | None, pairs: dict[str, str]) -> None:
    """Copy the vectors of one generation to tracks of the same audio that have none, then update the ledger."""
    rows = ledger.rows([*pairs, *pairs.values()])
    entries = {entry.id: entry for entry in context.catalogue.entries(list(pairs.values()))}
    todo = {
        old: (entries[new], rows[old])
        for old, new in pairs.items()
        if new in entries and old in rows and rows[old].audio_id == entries[new].audio_id != ""
        if new not in rows or (rows[new].state == PENDING and not rows[new].audio_id)
    }
    for old in _copy_all(context, ledger, target, todo):
        ledger.carry(old, todo[old][0])


def _copy_all(
    context: Context, ledger: Ledger, target: str | None, todo: Mapping[str, tuple[CatalogueTrack, LedgerRow]]
) -> set[str]:
    """Copy vectors within the store and return the old ids that had one.

    `todo`: by old id, the new track and what the vector is made of.
    """
    copied: set[str] = set()
    remaining = dict(todo)
    while remaining:
        copies = {old: _copy(context, ledger, target, old, *remaining[old]) for old in remaining}
        again = {}
        for old, copy in copies.items():
            error = _outcome(context, copy)
            if error is None:
                copied.add(old)
            elif passes(error):
                again[old] = remaining[old]
        remaining = again
        if remaining:
            context.control.wait()
    return copied


def _copy(
    context: Context, ledger: Ledger, target: str | None, old: str, entry: CatalogueTrack, row: LedgerRow
) -> Future[Any]:
    rows = [store_row(entry, row.audio_id, row.model_id)]
    request = CopyRequest(model=ledger.model, generation=target, source_track_id=old, rows=rows)
    return context.search.copy.submit(request, timeout=STORE_SECONDS, lane=BATCH)


def _outcome(context: Context, copy: Future[Any]) -> MeshError | None:
    while not context.control.interrupted:
        try:
            copy.result(LOOK_SECONDS)
        except NotYet:
            continue
        except MeshError as error:
            return error
        return None
    raise Interrupted


def _is_there(context: Context, model: str, target: str | None, track_id: str) -> bool:
    """Return whether an earlier try has moved the vector already."""
    if target is not None:
        return False
    reply = context.ask_patiently(context.search.lookup, LookupRequest(model=model, track_ids=[track_id]))
    return bool(reply.track_ids)
