"""Nesting depth of values from other processes: JSON and recursion have limits."""

from __future__ import annotations

from typing import Any


def is_shallow(value: Any, depth: int) -> bool:
    """Returns whether maps and lists are nested at most `depth` deep."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(is_shallow(item, depth - 1) for item in inner)
