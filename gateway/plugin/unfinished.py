"""Whether the library is still being embedded, so that mixes made now are of a part of it."""

from __future__ import annotations

import time
from typing import Final

from contract.jobs import EMBED, JobStatus, Progress
from contract.library import AsyncLibraryClient
from contract.message import Nothing
from contract.search import AsyncSearchClient
from gateway.mesh import Mesh

#: From this share of the tracks on, mixes are as good as they get.
NEARLY_ALL: Final = 0.9
#: Job states after which no more vectors come by themselves.
ENDED: Final[frozenset[JobStatus]] = frozenset({"completed", "completed_with_errors", "failed", "cancelled"})
#: Those in which nobody knows when more will come.
AT_REST: Final[frozenset[JobStatus]] = frozenset({"no_job", "paused"})
#: Seconds after which it is worth looking again: at least, where the job cannot tell its end, and at most.
SOON: Final = 30
UNKNOWN: Final = 60
LATE: Final = 1_800


async def look_again(mesh: Mesh, seconds: float) -> int:
    """Seconds after which mixes will be better than now, 0 where they will not.

    `seconds` is the most that one call into the mesh may take. Raises the typed errors of the mesh.
    """
    library, search = AsyncLibraryClient(mesh), AsyncSearchClient(mesh)
    job = await library.progress(Nothing(), timeout=seconds)
    if job.status in ENDED or job.kind != EMBED:  # another kind is shown only while none embeds
        return 0
    tracks = (await library.status(Nothing(), timeout=seconds)).tracks
    store = (await search.status(Nothing(), timeout=seconds)).models
    embedded = max((model.count for model in store.values()), default=0)
    return 0 if embedded >= NEARLY_ALL * tracks else _seconds_left(job)


def _seconds_left(job: Progress) -> int:
    if job.status in AT_REST:
        return LATE
    end = job.estimated_completion
    return UNKNOWN if end is None else round(min(max(end - time.time(), SOON), LATE))
