"""The table of the scale bench: cost of a job by tenth, memory and disk use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.report import Row
from bench.scale_job import Followed
from bench.scale_measures import MB, Mark, Peaks, clock_of_tenths, cpu_of_tenths, folder_bytes
from bench.search_data import at_most

#: Highest ratio of a track's cost in the last tenth to that in the first.
GROWTH: Final = 1.25
#: Fewest tracks in a tenth for a meaningful ratio: the start costs more than the rest.
LEAST: Final = 1000
#: Wished-for MB of the store per 1,000 tracks.
STORE_MB: Final = 500.0


def job_rows(found: Followed, models: Sequence[str]) -> list[Row]:
    """Returns speed and cost of a track, by tenth."""
    rows = [Row("job", found.seconds, "s"), Row("first playlist after its start", found.first_playlist, "s")]
    for model in models:
        marks = found.marks[model]
        clock = clock_of_tenths(marks)
        rows += [Row(f"{model}: {name} tenth", 1 / seconds, "tracks/s") for name, seconds in clock.items()]
        growth = clock["last"] / clock["first"]
        rows.append(_growth(f"{model}: time per track, last / first tenth", growth, marks))
        rows += cpu_rows(model, marks)
    return rows


def cpu_rows(model: str, marks: Sequence[Mark]) -> list[Row]:
    """Returns CPU time per track by process, in the first and last tenth: it excludes other programs."""
    rows = []
    whole = {"first": 0.0, "last": 0.0}
    for process in sorted(marks[-1].cpu):
        cost = cpu_of_tenths(marks, process)
        whole = {tenth: sum_ + cost[tenth] for tenth, sum_ in whole.items()}
        rows += [Row(f"{model}: CPU per track, {process}, {tenth} tenth", 1000 * cost[tenth], "ms") for tenth in whole]
    growth = whole["last"] / whole["first"]
    return [*rows, _growth(f"{model}: CPU per track, last / first tenth", growth, marks)]


def _growth(name: str, growth: float, marks: Sequence[Mark]) -> Row:
    row = at_most(name, growth, "x", GROWTH)
    return row if marks[-1].done >= 10 * LEAST else Row(name, growth, "x")


def memory_rows(peaks: Peaks, when: str) -> list[Row]:
    """Returns the peak memory of each process."""
    rows = []
    for process in sorted(peaks.resident):
        rows.append(Row(f"memory {when}, {process}: resident", peaks.resident[process] / MB, "MB"))
        rows.append(Row(f"memory {when}, {process}: proportional", peaks.proportional[process] / MB, "MB"))
    return rows


def size_rows(data: Path, models: Sequence[str], tracks: int) -> list[Row]:
    """Returns sizes on disk, per 1,000 tracks; folders tell the store's collections apart."""
    thousands = tracks / 1000
    rows = [Row("state.db, per 1,000 tracks", folder_bytes(data / "state.db") / MB / thousands, "MB")]
    for model in models:
        folders = [path for path in data.rglob(f"{model}_embedding*") if path.is_dir()]
        size = sum(folder_bytes(path) for path in folders) / MB / thousands
        rows.append(at_most(f"{model}: store, per 1,000 tracks", size, "MB", STORE_MB))
    return rows
