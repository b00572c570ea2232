"""Whether the library is still being embedded, so that mixes made now are of a part of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from gateway.mesh import Mesh

#: From this share of the tracks on, mixes are as good as they get.
NEARLY_ALL: Final = 0.9
#: Job states after which no more vectors come by themselves.
ENDED: Final = frozenset({"completed", "completed_with_errors", "failed", "cancelled"})
#: Seconds after which it is worth looking again: at least, where the job cannot tell its end, and at most.
SOON: Final = 30
UNKNOWN: Final = 60
LATE: Final = 1_800


async def look_again(mesh: Mesh, seconds: float) -> int:
    """Seconds after which mixes will be better than now, 0 where they will not.

    `seconds` is the most that one call into the mesh may take. Raises the typed errors of the mesh.
    """
    job = (await mesh.call("library", "batch.progress", {}, timeout=seconds)).result
    if job["status"] in ENDED or job.get("kind", "embed") != "embed":  # that is shown only while none embeds
        return 0
    tracks = (await mesh.call("library", "library.status", {}, timeout=seconds)).result["tracks"]
    store = (await mesh.call("search", "store.status", {}, timeout=seconds)).result["models"]
    embedded = max((model["count"] for model in store.values()), default=0)
    return 0 if embedded >= NEARLY_ALL * tracks else _seconds_left(job)


def _seconds_left(job: Mapping[str, Any]) -> int:
    if job["status"] in {"no_job", "paused"}:
        return LATE
    end = job.get("estimated_completion")
    return UNKNOWN if end is None else round(min(max(end - time.time(), SOON), LATE))
