"""GPUs that do not exist."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from workers.models import device

GB = 10**9
Gpus = Callable[[int], None]


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Gpus:
    """Pretends that there are that many GPUs of 16 GB, each with 10 GB free."""

    def pretend(count: int) -> None:
        cuda = SimpleNamespace(
            is_available=lambda: count > 0, device_count=lambda: count, mem_get_info=lambda _device: (10 * GB, 16 * GB)
        )
        torch = SimpleNamespace(cuda=cuda, version=SimpleNamespace(cuda="13.0" if count else None))
        monkeypatch.setitem(sys.modules, "torch", torch)
        monkeypatch.setattr(device, "GPU_FILES", (Path("/dev/null"),))

    return pretend
