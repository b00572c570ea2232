"""Make room for a model: reserve memory in the budget, after unloading other workers' idle models if necessary."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from contract.errors import MeshError, ModelUnavailable, OutOfMemory
from workers.models.device import free_memory, total_memory
from workers.models.memory import MemoryBudget, MemoryUse, readable
from workers.runtime.settings import WorkerSettings

#: Seconds without work after which a model counts as idle, so that one waiting for a decoder is not evicted.
IDLE_SECONDS: Final = 1.0
#: Seconds to wait for busy models to become idle, or for a worker to unload when asked.
PATIENCE_SECONDS: Final = 10.0
#: Seconds between checks of the budget.
LOOK_SECONDS: Final = 0.1
#: Seconds before a worker that was asked to unload is asked again.
ASK_AGAIN_SECONDS: Final = 2.0

log = logging.getLogger(__name__)

#: Asks the worker of an entry to unload its model; may raise `MeshError`.
Evict = Callable[[MemoryUse], None]


def reserve(budget: MemoryBudget, wanted: MemoryUse, settings: WorkerSettings, evict: Evict) -> None:
    """Enter `wanted` into the budget once it fits its device, evicting the least recently used idle models first.

    Raises `OutOfMemory` if it could never fit, `ModelUnavailable` if busy models leave no room.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    asked_at: dict[str, float] = {}
    while True:
        with budget.change() as uses:
            uses.pop(wanted.worker, None)
            free = free_memory(wanted.device, settings, uses.values())
            if wanted.bytes <= free:
                uses[wanted.worker] = replace(wanted, last_use=time.time())
                return
            others = {name: use for name, use in uses.items() if use.device == wanted.device}
        if wanted.bytes > total_memory(wanted.device, settings):
            raise OutOfMemory(_too_big(wanted, settings))
        if not others or time.monotonic() >= until:
            raise ModelUnavailable(_no_room(wanted, free, others))
        _ask_one(others, asked_at, wanted, evict)
        time.sleep(LOOK_SECONDS)


def _ask_one(others: Mapping[str, MemoryUse], asked_at: dict[str, float], wanted: MemoryUse, evict: Evict) -> None:
    """Ask the worker of the least recently used idle model to unload it, unless another has just been asked."""
    now = time.monotonic()
    if any(now - asked_at.get(name, 0.0) < ASK_AGAIN_SECONDS for name in others):
        return
    idle = [use for use in others.values() if not use.busy and time.time() - use.last_use >= IDLE_SECONDS]
    if not idle:
        return
    victim = min(idle, key=lambda use: use.last_use)
    asked_at[victim.worker] = now
    log.info("%s needs room on %s: asking %s to unload %s", wanted.model, wanted.device, victim.worker, victim.model)
    try:
        evict(victim)
    except MeshError as error:
        log.warning("%s did not accept the request to unload: %s", victim.worker, error.message)


def _too_big(wanted: MemoryUse, settings: WorkerSettings) -> str:
    whole = readable(total_memory(wanted.device, settings))
    hint = "; SONICMESH_CPU_MODEL_MEMORY raises the budget" if wanted.device == "cpu" else ""
    return f"model {wanted.model!r} needs {readable(wanted.bytes)}, {wanted.device} has {whole} for models{hint}"


def _no_room(wanted: MemoryUse, free: int, others: Mapping[str, MemoryUse]) -> str:
    holders = ", ".join(f"{use.model} of {use.worker} {readable(use.bytes)}" for use in others.values())
    return (
        f"model {wanted.model!r} needs {readable(wanted.bytes)} on {wanted.device}, {readable(max(free, 0))} are left "
        f"(held by {holders or 'other programs'}); try again later or unload one"
    )
