"""Real processes open one folder at the same time, or are killed in the middle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.release import release
from tests.harness.data_folders import tables, told, unpack
from tests.harness.planted_folder import BASE, LATER, PLACES, RENAMED, STEPS
from workers.folder.opening import NewerFolder, open_folder
from workers.folder.versions import newest

Process = subprocess.Popen[str]


class Crowd:
    """Processes of a later release that open `data`."""

    def __init__(self, folder: Path) -> None:
        unpack(BASE, folder)
        self.data = folder / "data"
        self._processes: list[Process] = []

    def start(self, hang: str = "") -> Process:
        command = [sys.executable, "-m", "tests.harness.planted_folder", "open", str(self.data), "--hang", hang]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    crowd = Crowd(tmp_path)
    yield crowd
    crowd.close()


def line(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def whole(data: Path) -> bool:
    """Whether the folder has the later version and is complete, and the copy is from before."""
    return (
        told(data) == {"version": LATER, "written_by": release()}
        and (data / RENAMED).exists()
        and (data / "new").read_text() == "whole"
        and tables(data / "state.db") - tables(data / f"state-v{BASE}.db") == {"planted"}
    )


def test_those_that_start_at_once_do_it_once(crowd: Crowd) -> None:
    processes = [crowd.start() for _ in range(4)]
    assert [line(process) for process in processes] == ["open"] * 4
    assert (crowd.data / STEPS).read_text() == "one\ntwo\n"
    assert whole(crowd.data)


@pytest.mark.parametrize("place", PLACES)
def test_one_killed_in_the_middle_leaves_old_or_new_and_the_next_goes_on(crowd: Crowd, place: str) -> None:
    # Given
    process = crowd.start(hang=place)
    assert line(process) == place
    # When
    process.kill()
    process.wait()
    # Then this release refuses a folder that a later one has begun to change, and opens one left untouched
    if place == "copied":
        open_folder(crowd.data).close()
        assert told(crowd.data)["version"] == newest()
    else:
        with pytest.raises(NewerFolder, match=rf"is being upgraded from version \d+ to {LATER}"):
            open_folder(crowd.data)
    # And the later one completes it
    assert line(crowd.start()) == "open"
    assert whole(crowd.data)


def test_one_killed_again_and_again_comes_through(crowd: Crowd) -> None:
    for place in (*PLACES, *PLACES[2:]):
        process = crowd.start(hang=place)
        if line(process) == "open":
            break
        process.kill()
        process.wait()
    assert line(crowd.start()) == "open"
    assert whole(crowd.data)
