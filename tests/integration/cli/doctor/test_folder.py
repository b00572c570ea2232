"""What the doctor says about the data folder's version."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.doctor.finding import NOTE, OK, WRONG
from cli.doctor.folder import check_version
from tests.harness.data_folders import unpack, write
from tests.harness.planted_folder import BASE, LATER, PLANTED
from workers.folder import versions
from workers.folder.versions import newest


def test_a_folder_of_this_release_is_fine_and_nothing_is_written(tmp_path: Path) -> None:
    assert check_version(tmp_path / "data").status == OK
    assert not (tmp_path / "data").exists()
    unpack(BASE, tmp_path)
    before = sorted(path.name for path in (tmp_path / "data").iterdir())
    found = check_version(tmp_path / "data")
    assert (found.status, found.message) == (OK, f"has version {BASE}")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == before


def test_an_older_one_is_no_more_than_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack(BASE, tmp_path)
    monkeypatch.setattr(versions, "VERSIONS", PLANTED)
    found = check_version(tmp_path / "data")
    assert (found.status, found.message) == (NOTE, f"has version {BASE}, this release's is {LATER}")
    assert "next start upgrades it" in found.advice
    write(tmp_path / "data", version=BASE, written_by="0.2.0", upgrading_to=LATER)
    found = check_version(tmp_path / "data")
    assert (found.status, found.advice) == (NOTE, "the next start continues it")


def test_newer_ones_and_garbage_are_wrong(tmp_path: Path) -> None:
    write(tmp_path, version=newest() + 1, written_by="9.8.7")
    found = check_version(tmp_path)
    assert found.status == WRONG
    assert f"has version {newest() + 1}, by Sonic Mesh 9.8.7" in found.message
    assert found.advice.startswith("upgrade Sonic Mesh, or move the folder away")
    (tmp_path / "version.json").write_text("?")
    found = check_version(tmp_path)
    assert (found.status, found.message) == (WRONG, f"{tmp_path}/version.json was not written by Sonic Mesh")
    assert found.advice.startswith("if no newer release")
    (tmp_path / "version.json").unlink()
    (tmp_path / "version.json").mkdir()
    found = check_version(tmp_path)
    assert (found.status, found.advice) == (WRONG, "let this user read it")
