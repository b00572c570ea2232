"""The walk through folders is bounded, whatever is there."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from cli.setup import walking
from cli.setup.walking import DEPTH, Folder, walk


def visited(*starts: Path, seconds: float = 10.0) -> tuple[list[str], walking.Walk]:
    found: list[str] = []
    result = walk([str(start) for start in starts], lambda folder: found.append(folder.path), seconds)
    return found, result


def test_it_goes_so_deep_and_no_deeper(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*map(str, range(DEPTH + 3)))
    deep.mkdir(parents=True)
    found, result = visited(tmp_path)
    assert len(found) == DEPTH + 1
    assert result.looked == [str(tmp_path)]


def test_links_hidden_and_known_folders_are_left_out(tmp_path: Path) -> None:
    for name in (".hidden", "node_modules", ".navidrome", "music"):
        (tmp_path / name / "inside").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    found, _ = visited(tmp_path)
    names = {os.path.relpath(path, tmp_path) for path in found}
    assert names == {".", ".navidrome", ".navidrome/inside", "music", "music/inside"}


def test_a_number_of_entries_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "ENTRIES", 10)
    for number in range(30):
        (tmp_path / f"{number:02d}").mkdir()
    found, result = visited(tmp_path)
    assert len(found) == 1
    assert result.looked == [str(tmp_path)]


def test_a_share_that_hangs_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, hanging = tmp_path / "good", tmp_path / "hanging"
    good.mkdir()
    hanging.mkdir()
    released = threading.Event()
    listed = walking._listed

    def hangs(path: str, depth: int) -> Folder | None:
        if path == str(hanging):
            released.wait(60)
        return listed(path, depth)

    monkeypatch.setattr(walking, "_listed", hangs)
    began = time.monotonic()
    found, result = visited(hanging, good, seconds=3.0)
    released.set()
    assert time.monotonic() - began < 30
    assert found == [str(good)]
    assert (result.looked, result.unfinished) == ([str(good)], [str(hanging)])


def test_what_may_not_be_read_is_passed_over(tmp_path: Path) -> None:
    found, result = visited(tmp_path / "absent", tmp_path)
    assert found == [str(tmp_path)]
    assert result.unfinished == []
