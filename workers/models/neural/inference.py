"""Run a module without gradients, on its device, in batches that fit, with as much precision as it needs."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from broker.vectors import Vectors
from workers.models.memory import give_back_memory, is_out_of_memory

#: Least cosine to the float32 result for using a faster precision.
LEAST_COSINE: Final = 0.999
HALF_PRECISIONS: Final = (torch.bfloat16, torch.float16)
#: Most clips per batch.
LARGEST_BATCH: Final = 64
#: A larger batch is worth its memory if it takes this share less time per clip.
WORTHWHILE: Final = 0.05
#: Seconds for trying out batch sizes.
CALIBRATION_SECONDS: Final = 2.0
#: The calibration signal: amplitudes of noise and tone, pitch in cycles per sample.
PROBE_NOISE, PROBE_TONE, PROBE_PITCH = 0.05, 0.2, 0.01

log = logging.getLogger(__name__)


class Inference:
    """Runs clips [n, samples] through a module that returns [n, D]. `batch` is the most to compute at once."""

    def __init__(self, module: nn.Module, device: str, *, compiled: bool = False) -> None:
        self.batch = 1
        self.precision: torch.dtype | None = None
        self.device = torch.device(device)
        self._module = torch.compile(module, dynamic=True) if compiled else module

    def __call__(self, clips: npt.NDArray[np.float32]) -> Vectors:
        """Return float32 [n, D]. Halves batches that exceed the memory; raises torch's error if a single clip does."""
        done: list[Vectors] = []
        first = 0
        while first < len(clips):
            part = clips[first : first + self.batch]
            vectors = self._attempt(part)
            if vectors is None:
                self.batch = max(len(part) // 2, 1)
                log.warning("%d clips did not fit into memory; continuing with %d", len(part), self.batch)
                give_back_memory()
            else:
                done.append(vectors)
                first += len(part)
        return np.concatenate(done)

    def tune(self, samples: int) -> None:
        """Warm up with clips of `samples`, then choose the precision and the batch size."""
        probe = probe_clips(2, samples)
        self._run(probe[:1])
        if self.device.type == "cuda":
            self._choose_precision(probe)
        self._choose_batch(samples)
        if self.device.type == "cuda":
            self._rehearse(samples)
        log.info("precision %s, up to %d clips at once", self.precision or torch.float32, self.batch)

    def _attempt(self, clips: npt.NDArray[np.float32]) -> Vectors | None:
        """Run the clips; returns None if they do not fit into memory and are more than one."""
        try:
            return self._run(clips)
        except (RuntimeError, MemoryError) as error:
            if len(clips) == 1 or not is_out_of_memory(error):
                raise
            return None

    def _run(self, clips: npt.NDArray[np.float32]) -> Vectors:
        with torch.inference_mode(), self._autocast():
            out: Tensor = self._module(to_device(clips, self.device))
            vectors: Vectors = out.float().cpu().numpy()
        return vectors

    def _autocast(self) -> contextlib.AbstractContextManager[object]:
        if self.precision is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.precision)

    def _choose_precision(self, probe: npt.NDArray[np.float32]) -> None:
        """Choose the half precision nearest to float32, if it is near enough."""
        exact = self._run(probe)
        cosines: dict[torch.dtype, float] = {}
        for precision in HALF_PRECISIONS:
            self.precision = precision
            cosines[precision] = least_cosine(exact, self._run(probe))
        best = max(cosines, key=lambda precision: cosines[precision])
        self.precision = best if cosines[best] >= LEAST_COSINE else None

    def _choose_batch(self, samples: int) -> None:
        """Double the batch size while that pays off and time is left."""
        self.batch, best, until = 1, float("inf"), time.monotonic() + CALIBRATION_SECONDS
        for size, seconds in self._timings(samples, until):
            if seconds > best * (1 - WORTHWHILE):
                return
            self.batch, best = size, seconds

    def _rehearse(self, samples: int) -> None:
        """Run one batch of the chosen size, so that the measured peak of memory is not that of larger trials."""
        give_back_memory()
        torch.cuda.reset_peak_memory_stats(self.device)
        self._run(probe_clips(self.batch, samples))

    def _timings(self, samples: int, until: float) -> Iterator[tuple[int, float]]:
        """Yield batch sizes and seconds per clip, while the next size would finish in time."""
        size, seconds = 1, 0.0
        while size <= LARGEST_BATCH and time.monotonic() + size * seconds < until:
            clips = probe_clips(size, samples)
            began = time.monotonic()
            if self._attempt(clips) is None:
                give_back_memory()
                return
            seconds = (time.monotonic() - began) / size
            yield size, seconds
            size *= 2


def to_device(clips: npt.NDArray[np.float32], device: torch.device) -> Tensor:
    """Return the clips as a tensor on `device`; copies to a GPU use pinned memory."""
    tensor = torch.from_numpy(clips)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def probe_clips(count: int, samples: int) -> npt.NDArray[np.float32]:
    """Return float32 [count, samples]: a tone in noise, always the same."""
    noise = np.random.default_rng(0).standard_normal((count, samples), np.float32)
    tone = np.sin(2 * np.pi * PROBE_PITCH * np.arange(samples, dtype=np.float32))
    return np.asarray(PROBE_NOISE * noise + PROBE_TONE * tone, np.float32)


def least_cosine(exact: Vectors, other: Vectors) -> float:
    """Return the least cosine between corresponding rows, or -1 if `other` is not finite."""
    if not np.isfinite(other).all():
        return -1.0
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(other, axis=1)
    return float(np.min(np.einsum("nd,nd->n", exact, other) / np.maximum(norms, np.finfo(np.float32).tiny)))
