"""Backups of data folders of other versions."""

from __future__ import annotations

import zipfile
from pathlib import Path

import orjson
import pytest

from cli.backup.load import load
from cli.backup.progress import Bars
from cli.backup.save import save
from tests.harness.data_folders import tables, told, write
from tests.harness.planted_folder import BASE, LATER, PLANTED, STEPS
from tests.integration.cli.backup.conftest import Enter, contents, fill, same, zipped
from workers.folder import versions
from workers.folder.opening import NewerFolder, open_folder
from workers.folder.versions import UNWRITTEN, newest
from workers.library.backup.archive import reading
from workers.library.backup.manifest import BadBackup


@pytest.fixture
def saved(enter: Enter, quiet: Bars, tmp_path: Path) -> Path:
    """A backup of the home `old`."""
    settings = enter("old")
    fill(settings)
    (settings.data / "scale.json").write_text('{"spectral":2}')
    save(settings, tmp_path / "mesh.backup", quiet, force=False, with_secrets=False)
    return tmp_path / "mesh.backup"


def with_version(file: Path, version: int | None) -> Path:
    """The backup with another version of its folder, or none, as in older backups."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = orjson.loads(members["manifest.json"])
    del manifest["data_version"]
    if version is not None:
        manifest["data_version"] = version
    other = file.with_name("other.backup")
    other.write_bytes(zipped(members | {"manifest.json": orjson.dumps(manifest)}))
    return other


def restore(file: Path, quiet: Bars, *, force: bool = False) -> None:
    with reading(file) as reader:
        load(reader, quiet, force=force)


def test_a_backup_says_the_version_of_its_folder(saved: Path, enter: Enter, quiet: Bars) -> None:
    with reading(saved) as reader:
        assert reader.manifest.data_version == newest()
    with reading(with_version(saved, None)) as reader:
        assert reader.manifest.data_version == UNWRITTEN
    settings = enter("new")
    restore(saved, quiet)
    assert told(settings.data)["version"] == newest()


def test_one_of_a_newer_folder_is_refused_with_one_line(saved: Path, enter: Enter, quiet: Bars) -> None:
    settings = enter("new")
    with pytest.raises(BadBackup) as caught:
        restore(with_version(saved, newest() + 1), quiet)
    expected = (
        f"from a data folder of version {newest() + 1}, this release supports up to {newest()}: update Sonic Mesh"
    )
    assert expected in caught.value.message
    assert not settings.data.exists()


@pytest.mark.parametrize("version", [0, -1, 1.5, "1", True, "x"])
def test_odd_versions_are_refused(version: object, saved: Path, enter: Enter, quiet: Bars) -> None:
    enter("new")
    with pytest.raises(BadBackup, match="data_version"):
        restore(with_version(saved, version), quiet)  # type: ignore[arg-type]


def test_one_of_an_older_folder_is_brought_up_to_date_by_the_next_start(
    saved: Path, enter: Enter, quiet: Bars, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a later release, and a folder of its version
    before = contents(enter("old"))
    monkeypatch.setattr(versions, "VERSIONS", PLANTED)
    settings = enter("new")
    open_folder(settings.data).close()
    assert told(settings.data)["version"] == LATER
    # When a backup of this release is restored
    restore(saved, quiet)
    # Then the folder says so, and the next process to open it upgrades it
    assert told(settings.data)["version"] == BASE
    with open_folder(settings.data) as folder:
        assert folder.upgraded_from == BASE
    assert (settings.data / STEPS).read_text() == "one\ntwo\n"
    assert tables(settings.data / "state.db") - tables(settings.data / f"state-v{BASE}.db") == {"planted"}
    assert same(contents(settings), before)


def test_nothing_is_restored_into_a_newer_folder(saved: Path, enter: Enter, quiet: Bars) -> None:
    settings = enter("new")
    write(settings.data, version=newest() + 1, written_by="9.8.7")
    with pytest.raises(NewerFolder, match="move the folder away and restore an older backup"):
        restore(saved, quiet, force=True)
    assert [path.name for path in settings.data.iterdir() if path.suffix == ".db"] == []


def test_a_newer_folder_is_not_saved(enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    settings = enter("old")
    fill(settings)
    write(settings.data, version=newest() + 1, written_by="9.8.7")
    with pytest.raises(NewerFolder):
        save(settings, tmp_path / "mesh.backup", quiet, force=False, with_secrets=False)
    assert not (tmp_path / "mesh.backup").exists()
