"""Finds out whether the library is still being embedded, so that mixes made now cover only a part of it."""

from __future__ import annotations

import time
from typing import Final

from contract.jobs import EMBED, JobStatus, Progress
from contract.library import AsyncLibraryClient
from contract.message import Nothing
from contract.search import AsyncSearchClient
from gateway.mesh import MeshConnection

#: Share of embedded tracks from which mixes no longer improve.
NEARLY_ALL: Final = 0.9
#: Job states after which no more vectors appear automatically.
ENDED: Final[frozenset[JobStatus]] = frozenset({"completed", "completed_with_errors", "failed", "cancelled"})
#: Job states in which the time of the next vectors is unknown.
AT_REST: Final[frozenset[JobStatus]] = frozenset({"no_job", "paused"})
#: Seconds until the next check: the minimum, the value if the job's end is unknown, and the maximum.
SOON_SECONDS: Final = 30
UNKNOWN: Final = 60
LATE: Final = 1_800


async def look_again(mesh: MeshConnection, seconds: float) -> int:
    """Return the seconds until mixes will be better than now, or 0 if they will not improve.

    `seconds` limits each call into the mesh. Raises the typed errors of the mesh.
    """
    library, search = AsyncLibraryClient(mesh), AsyncSearchClient(mesh)
    job = await library.progress(Nothing(), timeout=seconds)
    if job.status in ENDED or job.kind != EMBED:  # other kinds are shown only while no embedding job exists
        return 0
    tracks = (await library.status(Nothing(), timeout=seconds)).tracks
    store = (await search.status(Nothing(), timeout=seconds)).models
    embedded = max((model.count for model in store.values()), default=0)
    return 0 if embedded >= NEARLY_ALL * tracks else _seconds_left(job)


def _seconds_left(job: Progress) -> int:
    if job.status in AT_REST:
        return LATE
    end = job.estimated_completion
    return UNKNOWN if end is None else round(min(max(end - time.time(), SOON_SECONDS), LATE))
