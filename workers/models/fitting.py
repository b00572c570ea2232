"""Check whether a model fits its device beside others that stay; jobs ask before they run two models at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from contract.embedding import Fits
from workers.models.adapter import Adapter
from workers.models.device import CPU, choose_device, free_memory
from workers.models.memory import MemoryUse
from workers.runtime.settings import WorkerSettings


def fit_beside(
    adapter: Adapter, settings: WorkerSettings, uses: Collection[MemoryUse], beside: Collection[str], workers: int
) -> Fits:
    """Check whether `workers` copies of `adapter`'s model fit beside the memory `uses` of the models `beside`.

    Other models count as room, since they can be unloaded. Raises `ModelUnavailable` if this one cannot be loaded.
    """
    needs = adapter.needs_bytes
    seen = sorted({use.model for use in uses} & set(beside))
    if not needs:
        return Fits(fits=True, needs_bytes=0, seen=seen)
    stays = [use for use in uses if use.model in beside]
    mine = [use for use in uses if use.model == adapter.spec.name]
    others = [use for use in uses if use not in stays and use not in mine]
    placed = [*stays, *mine]
    for number in range(workers - len(mine)):
        device = choose_device(adapter.spec, settings, [*placed, *others])
        if needs > free_memory(device, settings, placed) + _to_be_freed(device, others):
            return Fits(fits=False, needs_bytes=needs, seen=seen)
        placed.append(MemoryUse(f"one more: {number}", adapter.spec.name, device, needs, 0.0))
    return Fits(fits=True, needs_bytes=needs, seen=seen)


def _to_be_freed(device: str, others: Iterable[MemoryUse]) -> int:
    """Return the bytes of a GPU that unloading `others` would free; 0 on the CPU, where `free_memory` ignores them."""
    return 0 if device == CPU else sum(use.bytes for use in others if use.device == device and use.loaded)
