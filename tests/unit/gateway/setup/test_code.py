"""The one-time code of the first run."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from gateway.setup.code import (
    AFTERWARDS,
    LETTERS,
    NAME,
    begin_the_end,
    code_of_sessions,
    forget_code,
    is_code,
    make_code,
    read_code,
)


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    code = make_code(tmp_path)
    assert make_code(tmp_path) == code == read_code(tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert len(code) == 14
    assert set(code) <= set(LETTERS) | {"-"}
    forget_code(tmp_path)
    assert read_code(tmp_path) == ""
    assert make_code(tmp_path) != code


@pytest.mark.parametrize(
    ("given", "good"),
    [
        ("ABCD-2345-WXYZ", True),
        ("abcd 2345 wxyz", True),
        ("ABCD2345WXYZ", True),
        ("ABCD-2345-WXY", False),
        ("", False),
        ("ABCD-2345-WXYZZ", False),
        ("ÄÖÜ\udcff", False),
    ],
)
def test_how_it_is_typed_does_not_matter(given: str, good: bool) -> None:
    assert is_code(given, "ABCD-2345-WXYZ") is good


def test_without_a_code_nothing_is_the_code() -> None:
    assert not is_code("", "")
    assert not is_code("---", "")


def test_a_code_that_others_can_read_does_not_count(tmp_path: Path) -> None:
    make_code(tmp_path)
    (tmp_path / NAME).chmod(0o644)
    assert read_code(tmp_path) == ""


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("ABCD-2345-WXYZ\n")
    (tmp_path / "other").chmod(0o600)
    (tmp_path / NAME).symlink_to(tmp_path / "other")
    assert read_code(tmp_path) == ""


def test_its_sessions_end_an_hour_after_the_mesh_was_set_up(tmp_path: Path) -> None:
    code = make_code(tmp_path)
    old = time.time() - AFTERWARDS - 60
    os.utime(tmp_path / NAME, (old, old))
    assert code_of_sessions(tmp_path, set_up=False) == code
    assert code_of_sessions(tmp_path, set_up=True) == ""
    begin_the_end(tmp_path)
    assert code_of_sessions(tmp_path, set_up=True) == code
