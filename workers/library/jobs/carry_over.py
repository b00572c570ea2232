"""Moves an installation that names no model from `spectral` to `fusion`.

Ordinary jobs make the vectors of `fusion`. Once every track is through, `fusion` becomes the default model. Until then
nothing changes for anybody. The only state is the ledger and the name of the default model, so the move continues after
any end of this process.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from contract.errors import MeshError
from contract.message import Nothing
from workers.library.catalogue.navidrome_watcher import READY, NavidromeWatcher
from workers.library.jobs.context import STORE_SECONDS, Context
from workers.library.jobs.due import UNAVAILABLE_CODES, DueRule
from workers.library.jobs.ledger import DONE, FAILED, Ledger
from workers.library.jobs.records import EmbedOptions
from workers.models.registry import DEFAULT, FALLBACK
from workers.runtime.default_model import meant, settle

#: Seconds between two looks while the move is under way, and while a part of the mesh is unavailable.
LOOK_SECONDS: Final = 5.0
AGAIN_SECONDS: Final = 1.0
#: `fusion` stops being the default if it holds less than this share of the vectors of `spectral`.
LEAST_SHARE: Final = 0.5

log = logging.getLogger(__name__)


class CarryOver:
    """Watches the move from its own thread. Does nothing if the settings name models."""

    def __init__(self, context: Context, watcher: NavidromeWatcher) -> None:
        self._context = context
        self._watcher = watcher
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="carry-over", daemon=True)

    def start(self) -> None:
        """Watch until `fusion` is the default."""
        if not self._context.settings.named_models:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(LOOK_SECONDS)

    def _loop(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            pause = LOOK_SECONDS
            try:
                if self.look() == DEFAULT:
                    return
            except (OSError, MeshError) as error:
                log.info("cannot tell yet which model to use: %s", error)
                pause = AGAIN_SECONDS

    def look(self) -> str:
        """Settle the default model if that is possible now. Raises `OSError`, `MeshError`."""
        data = self._context.settings.data
        now = self._checked(meant(data))
        if not now:
            now = FALLBACK if self._held() or not self._can_hear() else DEFAULT
            settle(data, now)
        elif now == FALLBACK and self.complete():
            settle(data, now := DEFAULT)
            log.info("%s is done with every track: it answers from now on, in place of %s", DEFAULT, FALLBACK)
        return now

    def _checked(self, now: str) -> str:
        """Return `now`, or "" if it is `fusion` and the ledger contradicts it: then a backup was restored."""
        old, new = self._done(FALLBACK), self._done(DEFAULT)
        if now != DEFAULT or new >= LEAST_SHARE * old:
            return now
        log.warning("%s has %d vectors, %s %d: that one answers until all are made", DEFAULT, new, FALLBACK, old)
        return ""

    def _held(self) -> int:
        """Count the vectors of `spectral` in the ledger or, if that was lost, in the store. Raises `MeshError`."""
        status = self._context.search.status(Nothing(), timeout=STORE_SECONDS).models
        return self._done(FALLBACK) or (status[FALLBACK].count if FALLBACK in status else 0)

    def complete(self) -> bool:
        """Return whether each present track has a vector of `fusion` or failed for good.

        A track whose file cannot be read now does not hold up the others if `spectral` has no vector of it either.
        """
        if not self._can_hear() or self._watcher.state != READY:
            return False
        memory = self._context.models.get(DEFAULT)
        rule = DueRule(EmbedOptions((DEFAULT,), automatic=True), memory.model_id, time.time())
        waiting: list[str] = []
        for entry, row in Ledger(self._context.state, DEFAULT, memory.generation).joined():
            if not rule.ever(entry, row):
                continue
            if row is None or row.state != FAILED or row.code not in UNAVAILABLE_CODES:
                return False
            waiting.append(entry.id)
        old = self._ledger(FALLBACK).rows(waiting)
        return not any(row.state == DONE for row in old.values())

    def _can_hear(self) -> bool:
        return self._context.settings.has_weights

    def _ledger(self, model: str) -> Ledger:
        return Ledger(self._context.state, model, self._context.models.get(model).generation)

    def _done(self, model: str) -> int:
        return self._ledger(model).counts().get(DONE, 0)
