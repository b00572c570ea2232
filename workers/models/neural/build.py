"""Build modules without the cost of random weights: on the meta device, ready for those of a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def empty(make: Callable[[], M]) -> M:
    """Build a module in inference mode whose parameters do not take memory yet."""
    with torch.device("meta"):
        return make().eval()


def drop_empty_buffers(module: nn.Module) -> None:
    """Replace buffers still on the meta device, which no checkpoint holds and inference does not read, with empty ones.

    Reading one fails loudly, because it has no elements.
    """
    for owner in module.modules():
        for name, buffer in list(owner.named_buffers(recurse=False)):
            if buffer.is_meta:
                owner.register_buffer(name, torch.empty(0, dtype=buffer.dtype), persistent=False)
