"""The table of the scale bench: what a job cost by tenth, what memory and disk it took."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.report import Row
from bench.scale_job import Followed
from bench.scale_measures import MB, Mark, Peaks, clock_of_tenths, cpu_of_tenths, folder_bytes
from bench.search_data import at_most

#: How much more a track of the last tenth may cost than one of the first.
GROWTH: Final = 1.25
#: Tracks of a tenth below which that says nothing: a start is dearer than the rest.
LEAST: Final = 1000
#: MB of the store per 1,000 tracks, as the seeds have it.
STORE_MB: Final = 500.0


def job_rows(found: Followed, models: Sequence[str]) -> list[Row]:
    """Speed and cost of a track, by tenth."""
    rows = [Row("job", found.seconds, "s"), Row("first playlist after its start", found.first_playlist, "s")]
    for model in models:
        marks = found.marks[model]
        clock = clock_of_tenths(marks)
        rows += [Row(f"{model}: {name} tenth", 1 / seconds, "tracks/s") for name, seconds in clock.items()]
        growth = clock["last"] / clock["first"]
        rows.append(_growth(f"{model}: time of a track, last / first tenth", growth, marks))
        rows += cpu_rows(model, marks)
    return rows


def cpu_rows(model: str, marks: Sequence[Mark]) -> list[Row]:
    """CPU time of a track by process, in the first and last tenth: what others do on the machine does not count."""
    rows = []
    whole = {"first": 0.0, "last": 0.0}
    for process in sorted(marks[-1].cpu):
        cost = cpu_of_tenths(marks, process)
        whole = {tenth: sum_ + cost[tenth] for tenth, sum_ in whole.items()}
        rows += [Row(f"{model}: CPU a track, {process}, {tenth} tenth", 1000 * cost[tenth], "ms") for tenth in whole]
    growth = whole["last"] / whole["first"]
    return [*rows, _growth(f"{model}: CPU of a track, last / first tenth", growth, marks)]


def _growth(name: str, growth: float, marks: Sequence[Mark]) -> Row:
    row = at_most(name, growth, "x", GROWTH)
    return row if marks[-1].done >= 10 * LEAST else Row(name, growth, "x")


def memory_rows(peaks: Peaks, when: str) -> list[Row]:
    """The most memory of each process."""
    rows = []
    for process in sorted(peaks.resident):
        rows.append(Row(f"memory {when}, {process}: resident", peaks.resident[process] / MB, "MB"))
        rows.append(Row(f"memory {when}, {process}: proportional", peaks.proportional[process] / MB, "MB"))
    return rows


def size_rows(data: Path, models: Sequence[str], tracks: int) -> list[Row]:
    """What lies on the disk, per 1,000 tracks; the store's collections are told apart by their folders."""
    thousands = tracks / 1000
    rows = [Row("state.db, per 1,000 tracks", folder_bytes(data / "state.db") / MB / thousands, "MB")]
    for model in models:
        folders = [path for path in data.rglob(f"{model}_embedding*") if path.is_dir()]
        size = sum(folder_bytes(path) for path in folders) / MB / thousands
        rows.append(at_most(f"{model}: store, per 1,000 tracks", size, "MB", STORE_MB))
    return rows
