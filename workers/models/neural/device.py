"""Threads and memory of the device that neural models run on."""

from __future__ import annotations

import torch

from workers.runtime.settings import WorkerSettings


def limit_threads(settings: WorkerSettings) -> None:
    """Limit computation to the threads in the settings, because the music server runs beside us."""
    torch.set_num_threads(settings.compute_threads)


def start_measuring(device: str) -> None:
    """Reset the peak of memory on `device`."""
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats(device)


def measured_bytes(device: str) -> int:
    """Return the peak of bytes that this process has held on a GPU since `start_measuring`; 0 on the CPU (unknown)."""
    return 0 if device == "cpu" else int(torch.cuda.max_memory_reserved(device))
