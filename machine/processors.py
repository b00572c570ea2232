"""The processors that this process may use."""

from __future__ import annotations

import os

from machine import cgroups


def processors() -> int:
    """Return the processors of the affinity mask, or whole ones of the quota if those are fewer; at least 1.

    A quota is rounded down: one thread too many would only make the others wait for the next period.
    """
    allowed = len(os.sched_getaffinity(0))
    quota = cgroups.processor_quota()
    return allowed if quota is None else max(1, min(allowed, int(quota)))
