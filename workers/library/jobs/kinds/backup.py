"""`backup`: saves everything that is slow or impossible to recreate into one file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from contract.errors import Conflict, InvalidRequest
from contract.jobs import BackupOptions, JobStatus
from contract.settings import load_settings
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.records import COMPLETED, Job
from workers.library.jobs.steps import StepProgress
from workers.library.jobs.work import Work


class Backup(Kind[BackupOptions]):
    """Runs beside embedding jobs. An interrupted backup starts over; an unfinished file never has the final name."""

    name = "backup"
    options = BackupOptions
    thread = "backup"

    def check(self, request: BackupOptions) -> None:
        """Raise `InvalidRequest` if the file's path is not absolute, `Conflict` if the file exists or has no folder."""
        path = Path(request.file)
        if not path.is_absolute() or "\0" in request.file:
            raise InvalidRequest("file: expected an absolute path", {"field": "file"})
        if not path.parent.is_dir():
            raise Conflict(f"{path} cannot be written: there is no folder {path.parent}")
        if path.exists() and not request.force:
            raise Conflict(f"{path} already exists; choose another name, or --force to replace it")

    def run(self, work: Work) -> JobStatus:
        from workers.library.backup.save import save, written  # late: few workers ever make a backup
        from workers.library.backup.source import MeshSource
        from workers.search.settings import SearchSettings

        options = self.wanted(work.job)
        path = Path(options.file)
        work.result = _made_before(path, work.job)
        work.begin()
        if work.result is None:
            manifest = save(
                load_settings(SearchSettings),
                path,
                _BackupProgress(work),
                lambda: nullcontext(MeshSource(work.context.client)),
                force=options.force,
                with_secrets=options.with_secrets,
            )
            work.result = written(path, manifest)
        return COMPLETED


class _BackupProgress:
    """Reports the steps of a backup as those of the job. Pauses or stops between two pages."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def step(self, text: str, total: int) -> Callable[[int], None]:
        steps = self._work.tally
        assert isinstance(steps, StepProgress)
        steps.at(text, 0, total)
        self._work.go_on()

        def carried(amount: int) -> None:
            steps.done += amount
            self._work.go_on()

        return carried


def _made_before(path: Path, job: Job) -> dict[str, Any] | None:
    """Return the contents of the file if this job wrote it and was killed before it could report that, else None."""
    from workers.library.backup.archive import reading
    from workers.library.backup.manifest import BadBackup
    from workers.library.backup.save import written

    if job.started_at is None or not path.exists():
        return None
    try:
        with reading(path) as reader:
            made = reader.manifest
    except BadBackup:
        return None
    return written(path, made) if made.created_at >= job.started_at else None
