"""Lets the store follow what the state has decided: ids that changed, tracks that are pruned.

Every step may be repeated: a killed process goes through it again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Final

from broker.errors import MeshError
from broker.wire import BATCH, Reply
from workers.library.jobs.backoff import passes
from workers.library.jobs.context import LOOK_SECONDS, STORE_SECONDS, Context, Interrupted
from workers.library.jobs.writer import store_row
from workers.library.state.adoption import Adoptions
from workers.library.state.catalogue import Entry
from workers.library.state.ledger import Ledger

#: Ids that are followed at once: copied side by side, then their old rows deleted with one call.
STEP: Final = 32

log = logging.getLogger(__name__)


def follow_adoptions(context: Context) -> int:
    """Move vectors to the new ids; how many ids. Raises `Interrupted`, `MeshError`."""
    adoptions = Adoptions(context.state)
    changed = adoptions.open()
    for old_ids in _steps(list(changed)):
        pairs = {old: changed[old] for old in old_ids}
        for ledger, target in _ledgers(context):
            _move(context, ledger, target, pairs)
        context.call_patiently("search", "vectors.delete", {"track_ids": list(old_ids), "model": None})
        adoptions.close(old_ids)
    if changed:
        log.info("%d ids changed in Navidrome: their vectors have followed", len(changed))
    return len(changed)


def _steps(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), STEP):
        yield ids[start : start + STEP]


def _ledgers(context: Context) -> list[tuple[Ledger, str | None]]:
    """Every generation that has rows, and what the store calls it (None: the one in service)."""
    rows = context.state.rows("SELECT DISTINCT model, generation FROM ledger")
    found: list[tuple[Ledger, str | None]] = []
    for model, generation in rows:
        in_service = context.models.get(str(model)).generation == generation
        found.append((Ledger(context.state, str(model), str(generation)), None if in_service else str(generation)))
    return found


def _move(context: Context, ledger: Ledger, target: str | None, pairs: dict[str, str]) -> None:
    """Copy the vectors of one generation to their new ids."""
    rows = ledger.rows(list(pairs.values()))
    entries = {entry.id: entry for entry in context.catalogue.entries(list(rows))}
    todo = {old: entries[new] for old, new in pairs.items() if new in entries and rows[new].audio_id}
    while todo:
        copies = {old: _copy(context, ledger, target, old, entry, rows[entry.id].model_id, rows[entry.id].audio_id)
                  for old, entry in todo.items()}  # fmt: skip
        again: dict[str, Entry] = {}
        for old, copy in copies.items():
            error = _outcome(context, copy)
            if error is None:
                ledger.keep_tags(todo[old])
            elif passes(error):
                again[old] = todo[old]
            elif not _is_there(context, ledger.model, target, todo[old].id):
                ledger.forget_vectors([todo[old].id])  # neither id has a vector: the next job makes one
        todo = again
        if todo:
            context.control.wait()


def _copy(
    context: Context, ledger: Ledger, target: str | None, old: str, entry: Entry, model_id: str, audio_id: str
) -> Future[Reply]:
    params = {
        "model": ledger.model,
        "generation": target,
        "source_track_id": old,
        "rows": [store_row(entry, audio_id, model_id)],
    }
    return context.client.submit("search", "vectors.copy", params, timeout=STORE_SECONDS, lane=BATCH)


def _outcome(context: Context, copy: Future[Reply]) -> MeshError | None:
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
    """Whether an earlier try has moved the vector already."""
    if target is not None:
        return False
    found = context.call_patiently("search", "vectors.lookup", {"model": model, "track_ids": [track_id]})
    return bool(found.result["track_ids"])
