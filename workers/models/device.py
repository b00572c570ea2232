"""Choose where a model runs: the device in `TEXT_EMBEDDING_DEVICE`, or the least used GPU, or the CPU."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from contract.errors import ModelUnavailable
from contract.settings import AUTO
from workers.models.memory import MemoryUse
from workers.models.spec import ModelSpec
from workers.runtime.settings import WorkerSettings

CPU: Final = "cpu"
#: Device files that GPU drivers create: NVIDIA's, AMD's, and that of the Windows Subsystem for Linux.
GPU_FILES: Final = (Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg"))

log = logging.getLogger(__name__)


def choose_device(spec: ModelSpec, settings: WorkerSettings, uses: Iterable[MemoryUse]) -> str:
    """Return `cpu` or `cuda:N`: of several GPUs, the one with the fewest models of the mesh, to spread the workers.

    Raises `ModelUnavailable` if the requested GPU is not usable; it never falls back to the CPU silently.
    """
    if not spec.torch or not gpu_expected(settings):
        return CPU
    usable, reason = _gpus()
    if settings.device == AUTO and not usable:
        return CPU
    _, _, number = settings.device.partition(":")
    wanted = [gpu for gpu in usable if not number or gpu == int(number)]
    if not wanted:
        raise ModelUnavailable(
            f"TEXT_EMBEDDING_DEVICE={settings.device}, but {reason or f'there are only {len(usable)} GPUs'}; "
            "set it to auto or cpu, or make the GPU visible"
        )
    taken = [use.device for use in uses]
    return min((f"cuda:{gpu}" for gpu in wanted), key=taken.count)


def gpu_expected(settings: WorkerSettings) -> bool:
    """Whether to look for a GPU. Asking torch would cost an idle worker 200 MB."""
    if settings.device == AUTO:
        return any(file.exists() for file in GPU_FILES)
    return settings.device != CPU


def free_memory(device: str, settings: WorkerSettings, uses: Iterable[MemoryUse]) -> int:
    """Return the bytes left for another model on `device`.

    On the CPU that is the rest of the budget; on a GPU, the free memory less what models now loading will take.
    """
    here = [use for use in uses if use.device == device]
    if device == CPU:
        return settings.cpu_budget - sum(use.bytes for use in here)
    free, _total = _torch().cuda.mem_get_info(device)
    return int(free) - sum(use.bytes for use in here if not use.loaded)


def total_memory(device: str, settings: WorkerSettings) -> int:
    """Return the bytes available to a model that has `device` to itself."""
    if device == CPU:
        return settings.cpu_budget
    return int(_torch().cuda.mem_get_info(device)[1])


def _gpus() -> tuple[list[int], str]:
    """Return the numbers of the usable GPUs, and the reason if there are none."""
    torch = _torch()
    if not torch.cuda.is_available():
        return [], "torch finds no usable GPU" if torch.version.cuda else "this torch is built for CPUs only"
    return list(range(torch.cuda.device_count())), ""


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError as error:
        raise ModelUnavailable(f"torch is not installed ({error}); `make models` installs it") from error
