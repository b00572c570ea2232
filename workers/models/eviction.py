"""Make room for a model: reserve memory in the ledger, after unloading other workers' idle models if necessary."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from contract.errors import MeshError, ModelUnavailable, OutOfMemory
from workers.models.device import free_memory, total_memory
from workers.models.memory import MemoryBudget, MemoryUse, readable
from workers.runtime.settings import WorkerSettings

#: Seconds without work after which a model counts as idle, so that one waiting for a decoder is not evicted.
IDLE_SECONDS = 1.0
#: Seconds to wait for busy models to become idle, or for a worker to unload when asked.
PATIENCE_SECONDS = 10.0
#: Seconds between checks of the ledger.
LOOK_SECONDS = 0.1
#: Seconds before a worker that was asked to unload is asked again.
ASK_AGAIN_SECONDS = 2.0

log = logging.getLogger(__name__)

#: Asks the worker of an entry to unload its model; may raise `MeshError`.
Evict = Callable[[MemoryUse], None]


def take_room(ledger: MemoryBudget, wanted: MemoryUse, settings: WorkerSettings, evict: Evict) -> None:
    """Enter `wanted` into the ledger once it fits its device, evicting the least recently used idle models first.

    Raises `OutOfMemory` if it could never fit, `ModelUnavailable` if busy models leave no room.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    asked: dict[str, float] = {}
    while True:
        with ledger.change() as entries:
            entries.pop(wanted.worker, None)
            left = free_memory(wanted.device, settings, entries.values())
            if wanted.bytes <= left:
                entries[wanted.worker] = replace(wanted, last_use=time.time())
                return
            others = {name: entry for name, entry in entries.items() if entry.device == wanted.device}
        if wanted.bytes > total_memory(wanted.device, settings):
            raise OutOfMemory(_too_big(wanted, settings))
        if not others or time.monotonic() >= until:
            raise ModelUnavailable(_no_room(wanted, left, others))
        _ask_one(others, asked, wanted, evict)
        time.sleep(LOOK_SECONDS)


def _ask_one(others: Mapping[str, MemoryUse], asked: dict[str, float], wanted: MemoryUse, evict: Evict) -> None:
    """Ask the worker of the least recently used idle model to unload it, unless another has just been asked."""
    now = time.monotonic()
    if any(now - asked.get(name, 0.0) < ASK_AGAIN_SECONDS for name in others):
        return
    idle = [entry for entry in others.values() if not entry.busy and time.time() - entry.last_use >= IDLE_SECONDS]
    if not idle:
        return
    victim = min(idle, key=lambda entry: entry.last_use)
    asked[victim.worker] = now
    log.info("%s needs room on %s: asking %s to unload %s", wanted.model, wanted.device, victim.worker, victim.model)
    try:
        evict(victim)
    except MeshError as error:
        log.warning("%s did not accept the request to unload: %s", victim.worker, error.message)


def _too_big(wanted: MemoryUse, settings: WorkerSettings) -> str:
    whole = readable(total_memory(wanted.device, settings))
    hint = "; SONICMESH_CPU_MODEL_MEMORY raises the budget" if wanted.device == "cpu" else ""
    return f"model {wanted.model!r} needs {readable(wanted.bytes)}, {wanted.device} has {whole} for models{hint}"


def _no_room(wanted: MemoryUse, left: int, others: Mapping[str, MemoryUse]) -> str:
    holders = ", ".join(f"{entry.model} of {entry.worker} {readable(entry.bytes)}" for entry in others.values())
    return (
        f"model {wanted.model!r} needs {readable(wanted.bytes)} on {wanted.device}, {readable(max(left, 0))} are left "
        f"(held by {holders or 'other programs'}); try again later or unload one"
    )
