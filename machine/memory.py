"""The memory that the processes of the mesh share."""

from __future__ import annotations

import os

from machine import cgroups


def memory_bytes() -> int:
    """Return the machine's memory in bytes, without swap, or the limit of the control groups if that is lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = cgroups.memory_limit()
    return total if limit is None else min(total, limit)
