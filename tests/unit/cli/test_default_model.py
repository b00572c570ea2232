"""What `sonicmesh run` and `doctor` say about the default model of an installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.doctor.parts import check_models
from cli.starting import about_the_default
from contract.settings import load_settings
from workers.models.musicnn import locations
from workers.runtime.settings import WorkerSettings
from workers.search.settings import SearchSettings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation without any setting; its data folder is there and empty."""
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    monkeypatch.delenv("SONICMESH_MODELS", raising=False)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def said() -> list[str]:
    return list(about_the_default(load_settings(WorkerSettings)))


def test_a_fresh_installation_is_told_nothing(data: Path) -> None:
    assert said() == []


def test_who_names_models_is_told_once_of_the_better_default(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_MODELS", "spectral,muq")

    first, second = said(), said()

    assert len(first) == 1
    assert "spectral,muq" in first[0]
    assert "`fusion`" in first[0]
    assert second == []


def test_who_names_the_default_is_told_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_MODELS", "fusion,muq")

    assert said() == []


def test_an_old_installation_hears_what_goes_on(data: Path) -> None:
    (data / "state.db").touch()

    assert "`spectral` answers until then" in said()[0]


def test_without_weights_it_is_said_what_to_do(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "installed", lambda: None)

    assert "sonicmesh models download musicnn" in said()[0]
    findings = list(check_models(load_settings(SearchSettings)))
    assert [finding.subject for finding in findings] == ["model fusion", "model spectral"]
    assert "sonicmesh models download musicnn" in findings[0].advice
