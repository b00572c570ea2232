"""What the neural models ask of the device they run on, beside which it is."""

from __future__ import annotations

import torch

from workers.runtime.settings import WorkerSettings


def limit_threads(settings: WorkerSettings) -> None:
    """Compute with as many threads as the settings allow: the music server runs beside us."""
    torch.set_num_threads(settings.compute_threads)


def start_measuring(device: str) -> None:
    """Forget the peak that earlier work on `device` had."""
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats(device)


def measured_bytes(device: str) -> int:
    """Most bytes that this process has held on a GPU since `start_measuring`; 0 on the CPU, which does not tell."""
    return 0 if device == "cpu" else int(torch.cuda.max_memory_reserved(device))
