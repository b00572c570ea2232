"""Where the time of a track goes: a job of `spectral` on real files, as `sonicmesh why TRACK` shows it.

    nice python -m bench.scale_stages [DATABASE] [--json]

DATABASE is a Navidrome database; without one, the demo library is built (a minute). Stages: `read` (audio id),
`decode`, `queue` (waiting for a turn), `compute`, `store` (a track's share of a write).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import demo
from bench.report import Row, report
from bench.scale_mesh import ScaleMesh, wait_until
from broker.client import MeshClient
from contract.library import LibraryClient, TrackRequest
from contract.search import PageRequest, SearchClient

MODEL: Final = "spectral"
STAGES: Final = ("read", "decode", "queue", "compute", "store")
#: Slow tracks that are listed.
SHOWN: Final = 3
#: Seconds that the job may take, and tracks requested at once.
JOB_SECONDS: Final = 3600.0
PAGE: Final = 500
#: Seconds that one call may take.
CALL_SECONDS: Final = 30.0
ENDED: Final = ("completed", "completed_with_errors")

Stages = Mapping[str, float]


def stage_rows(tracks: Mapping[str, Stages]) -> list[Row]:
    """Returns the mean and maximum of each stage, and how long the slowest tracks took, by title."""
    rows = []
    for stage in STAGES:
        taken = {title: stages[stage] for title, stages in tracks.items() if stage in stages}
        if taken:
            longest = max(taken, key=lambda title: taken[title])
            rows.append(Row(f"{stage}, mean of {len(taken)} tracks", sum(taken.values()) / len(taken), "s"))
            rows.append(Row(f"{stage}, most ({longest})", taken[longest], "s"))
    whole = {title: sum(stages.values()) for title, stages in tracks.items()}
    slowest = sorted(whole, key=lambda title: -whole[title])[:SHOWN]
    return [*rows, *(Row(f"all stages: {title}", whole[title], "s") for title in slowest)]


def stages_of(client: MeshClient) -> dict[str, Stages]:
    """Returns the seconds by stage of every finished track, by "Artist - Title"."""
    found: dict[str, Stages] = {}
    search, library = SearchClient(client), LibraryClient(client)
    after = None
    while True:
        page = search.scan(PageRequest(model=MODEL, after=after, limit=PAGE), timeout=CALL_SECONDS)
        for row in page.rows:
            told = library.why(TrackRequest(track_id=row.track_id), timeout=CALL_SECONDS)
            title = f"{told.track.artist} - {told.track.title}"
            found[title if title not in found else f"{title} [{row.track_id}]"] = told.models[MODEL].seconds or {}
        after = page.next
        if after is None:
            return found


def measure(folder: Path, database: Path) -> list[Row]:
    """Embed the library of `database` with a mesh in `folder`."""
    settings = {"NAVIDROME_DB_PATH": database.resolve(), "SONICMESH_AUTO_EMBED": "false", "SONICMESH_MODELS": MODEL}
    mesh = ScaleMesh(folder, settings)
    try:
        mesh.start()
        mesh.ask("POST", "/batch/start", {})
        wait_until(lambda: mesh.ask("GET", "/batch/progress")[1]["status"] in ENDED, JOB_SECONDS)
        job = mesh.ask("GET", "/batch/progress")[1]
        with mesh.client() as client:
            tracks = stages_of(client)
    finally:
        mesh.stop()
    rows = [Row(f"job, {job['total_tracks']} tracks", job["ended_at"] - job["started_at"], "s")]
    return [*rows, *stage_rows(tracks)]


def main(arguments: Sequence[str]) -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path, nargs="?")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sm") as name:
        database = options.database or demo.build(Path(name) / "demo").database
        rows = measure(Path(name) / "mesh", database)
    return report(f"seconds of a track by stage, {MODEL}", rows, options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
