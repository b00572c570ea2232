"""New generations of vectors: put into service once complete, dropped if the job fails.

Every step may be repeated: after a kill, the next process goes through it again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contract.errors import NotFound
from contract.message import Nothing
from contract.search import GenerationRequest
from workers.library.jobs.context import Context, JobFailed
from workers.library.jobs.ledger import DONE, Ledger
from workers.library.jobs.records import PLANNED, SWITCHING, THROUGH, EmbedOptions, Job, JobModel

#: A new generation with less than this share of the old one's tracks (without vanished ones) does not go into service:
#: a disk is missing, not the music.
LEAST_SHARE: Final = 0.5


def generation_name(job: Job) -> str:
    """The generation that a job builds."""
    return f"j{job.id[:12]}"


def put_into_service(context: Context, job: Job, part: JobModel) -> None:
    """Switch one model to the generation that the job built, then drop the old one.

    Raises `JobFailed` if the old one stays, `Interrupted`.
    """
    jobs, models = context.jobs, context.models
    memory = models.get(part.model)
    if part.phase == PLANNED:
        _check(context, part, memory.generation)
        serving = context.ask_patiently(context.search.status, Nothing()).models.get(part.model)
        previous = (serving.generation if serving is not None else None) or ""
        part = replace(part, phase=SWITCHING, previous="" if previous == part.generation else previous)
        jobs.put_part(job.id, part)
    target = GenerationRequest(model=part.model, generation=part.generation)
    context.ask_patiently(context.search.switch, target)
    with context.state.write():
        if memory.generation != part.generation:
            Ledger(context.state, part.model, memory.generation).drop()
            models.put(replace(memory, generation=part.generation))
    if part.previous:
        context.ask_patiently(context.search.drop, replace(target, generation=part.previous))
    jobs.put_part(job.id, replace(part, phase=THROUGH))


def _check(context: Context, part: JobModel, old: str) -> None:
    """Raise `JobFailed` if the new generation must not replace the old one."""
    new_count = Ledger(context.state, part.model, part.generation).counts().get(DONE, 0)
    old_count = Ledger(context.state, part.model, old).counts().get(DONE, 0)
    if not new_count:
        raise JobFailed("no track could be embedded; the old vectors stay")
    if new_count < LEAST_SHARE * old_count:
        raise JobFailed(
            f"only {new_count} of the tracks could be embedded, {old_count} were before; the old vectors stay. "
            "Is a disk unmounted? `sonicmesh status --failures` lists what failed"
        )


def discard(context: Context, job: Job) -> None:
    """Drop what a job built and did not put into service. Raises `Interrupted`."""
    if not EmbedOptions.of(job).clear_existing:
        return
    for part in context.jobs.parts(job.id):
        if part.phase != PLANNED:
            continue
        try:
            built = GenerationRequest(model=part.model, generation=part.generation)
            context.ask_patiently(context.search.drop, built)
        except NotFound:  # the store never had it
            pass
        Ledger(context.state, part.model, part.generation).drop()
