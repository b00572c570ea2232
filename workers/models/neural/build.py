"""Modules without the cost of random weights: built on the meta device, then given those of a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def empty(make: Callable[[], M]) -> M:
    """A module in inference mode whose parameters take no memory yet."""
    with torch.device("meta"):
        return make().eval()


def drop_empty_buffers(module: nn.Module) -> None:
    """Replace tables that stayed on the meta device, which no checkpoint holds and inference is not given, by nothing.

    What would read one fails loudly: it has no elements.
    """
    for owner in module.modules():
        for name, buffer in list(owner.named_buffers(recurse=False)):
            if buffer.is_meta:
                owner.register_buffer(name, torch.empty(0, dtype=buffer.dtype), persistent=False)
