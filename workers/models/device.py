"""Where a model runs: what `TEXT_EMBEDDING_DEVICE` asks for, or the GPU with the most room, or the CPU."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from contract.errors import ModelUnavailable
from contract.settings import AUTO
from workers.models.memory import Entry
from workers.models.spec import ModelSpec
from workers.runtime.settings import WorkerSettings

CPU = "cpu"
#: Device files that drivers make where there is a GPU: NVIDIA's, AMD's, that of Windows' subsystem.
GPU_FILES = (Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg"))

log = logging.getLogger(__name__)


def choose_device(spec: ModelSpec, settings: WorkerSettings, entries: Iterable[Entry]) -> str:
    """`cpu` or `cuda:N`; among several GPUs the one with the fewest models of the mesh, so that workers spread.

    Raises `ModelUnavailable` where a GPU is asked for that is not usable: never a silent fall to the CPU.
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
    taken = [entry.device for entry in entries]
    return min((f"cuda:{gpu}" for gpu in wanted), key=taken.count)


def gpu_expected(settings: WorkerSettings) -> bool:
    """Whether to look for a GPU. Importing torch to ask takes 200 MB, which a worker that only waits can do without."""
    if settings.device == AUTO:
        return any(file.exists() for file in GPU_FILES)
    return settings.device != CPU


def room(device: str, settings: WorkerSettings, entries: Iterable[Entry]) -> int:
    """Bytes that are left for one more model on `device`: of the budget on the CPU, of what is free on a GPU (where
    models that are just being loaded have not taken theirs yet).
    """
    here = [entry for entry in entries if entry.device == device]
    if device == CPU:
        return settings.cpu_budget - sum(entry.bytes for entry in here)
    free, _total = _torch().cuda.mem_get_info(device)
    return int(free) - sum(entry.bytes for entry in here if not entry.loaded)


def capacity(device: str, settings: WorkerSettings) -> int:
    """Bytes there would be for a model that had `device` to itself."""
    if device == CPU:
        return settings.cpu_budget
    return int(_torch().cuda.mem_get_info(device)[1])


def _gpus() -> tuple[list[int], str]:
    """Numbers of the usable GPUs, and where there are none the reason."""
    torch = _torch()
    if not torch.cuda.is_available():
        return [], "torch finds no usable GPU" if torch.version.cuda else "this torch is built for CPUs only"
    return list(range(torch.cuda.device_count())), ""


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError as error:
        raise ModelUnavailable(f"torch is not installed ({error}); `make models` installs it") from error
