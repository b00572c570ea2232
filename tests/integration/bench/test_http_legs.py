"""Where the time of a request goes: the legs of its way, the hops without work, cores that may not sleep."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest

from bench import http_legs
from bench.awake import cores_awake
from bench.http_legs import WAY, legs, ways
from bench.http_load import run
from bench.http_servers import floor

#: Nanoseconds between two steps of the made-up requests.
STEP_NS = 10_000


def test_every_leg_of_real_requests_is_a_part_of_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert http_legs.main(["--seconds", "0.5", "--json"]) == 0
    rows = {row["name"]: row["value"] for row in json.loads(capsys.readouterr().out)["rows"]}
    whole = rows.pop("whole request, p50")
    assert len(rows) == len(WAY)
    assert all(0 < value < whole for name, value in rows.items() if name[0].isdigit())


def test_only_requests_that_travel_alone_count(tmp_path: Path) -> None:
    # Given a request as usual, one during which the worker sends a heartbeat, and one that has not ended
    usual = [*WAY]
    disturbed = [*WAY[:4], ("worker", "sent"), *WAY[4:]]
    notes = list(enumerate([*usual, *disturbed, *WAY[:5]]))
    pids = {"gateway": 1, "broker": 2, "worker": 3}
    for process, pid in pids.items():
        lines = [f"{STEP_NS * number} {what}\n" for number, (who, what) in notes if who == process]
        (tmp_path / f"{pid}.stamps").write_text("".join(lines))
    # Then the first counts
    found = list(ways(tmp_path, pids))
    assert found == [[STEP_NS * number for number in range(len(WAY))]]
    rows = {row.name: row.value for row in legs(found, whole=0.001)}
    assert rows["5. worker: received to sent"] == STEP_NS / 1000
    assert rows["HTTP: the rest, with the client"] == 1000 - (len(WAY) - 1) * STEP_NS / 1000


def test_the_hops_without_work_answer_like_the_mesh() -> None:
    with tempfile.TemporaryDirectory(prefix="sm") as folder, floor(Path(folder)) as server:  # which checks an answer
        assert run(server.port, 2, 0.2).rate > 0


def test_no_core_is_kept_awake_afterwards() -> None:
    cores = os.sched_getaffinity(0)
    before = children()
    with cores_awake():
        assert len(children() - before) == len(cores)
    assert children() <= before


def children() -> set[int]:
    """The processes that this one has started."""
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
