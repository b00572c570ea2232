"""Makes the ledger agree with the store: after a crash, a restored backup, a lost `state.db`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from contract.errors import NotFound
from contract.search import PageRequest, RowMark
from workers.library.jobs.context import Context
from workers.library.jobs.ledger import Ledger

#: Rows of one page.
PAGE: Final = 2000


def reconcile(context: Context, ledger: Ledger, generation: str | None, job_id: str = "") -> int:
    """Make done rows without a vector pending, and add rows for vectors that the ledger does not know.

    `generation` None: the one in service. Returns the number of corrected rows. Raises `Interrupted`.
    """
    recorded = ledger.vectors()
    stored: set[str] = set()
    strangers: list[tuple[str, str, str]] = []
    for row in _scan(context, ledger.model, generation):
        stored.add(row.track_id)
        if row.track_id not in recorded:
            strangers.append((row.track_id, row.audio_id, row.model_id))
    gone = recorded.keys() - stored
    ledger.forget_vectors(gone, job_id)
    ledger.found_vectors(strangers, time.time())
    return len(gone) + len(strangers)


def _scan(context: Context, model: str, generation: str | None) -> Iterator[RowMark]:
    after: str | None = None
    while True:
        request = PageRequest(model=model, generation=generation, after=after, limit=PAGE)
        try:
            page = context.ask_patiently(context.search.scan, request)
        except NotFound:  # no such generation: it holds nothing
            return
        yield from page.rows
        after = page.next
        if after is None:
            return
