"""Settings that the workers share: accepted values, and the errors for bad ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contract.settings import SettingsError, load_settings
from machine import memory_bytes, processors
from workers.runtime.settings import WorkerSettings, parse_size


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith(("SONICMESH_", "TEXT_EMBEDDING_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    return monkeypatch


def test_defaults(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = load_settings(WorkerSettings)
    assert settings.models == ("fusion",)
    assert (settings.default_model, settings.device, settings.nice) == ("auto", "auto", 5)
    assert (settings.model_idle_seconds, settings.model_check_seconds) == (360, 5)
    assert settings.checkpoints == tmp_path / "checkpoints"
    assert settings.cpu_budget == memory_bytes() // 2
    assert 1 <= settings.compute_threads <= max(1, processors() // 2)


def test_models_are_a_list_without_repeats(env: pytest.MonkeyPatch) -> None:
    env.setenv("SONICMESH_MODELS", " muq, spectral,muq ,")
    assert load_settings(WorkerSettings).models == ("muq", "spectral")


def test_the_environment_file_counts_too(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SONICMESH_MODELS=mert\nSONICMESH_CPU_MODEL_MEMORY=8G\n")
    settings = load_settings(WorkerSettings)
    assert (settings.models, settings.cpu_budget) == (("mert",), 8 * 2**30)


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("SONICMESH_MODELS", "muq,nonsense", "nonsense; known models are spectral"),
        ("SONICMESH_MODELS", ",", "at least one model"),
        ("SONICMESH_DEFAULT_MODEL", "nonsense", "auto or one of"),
        ("TEXT_EMBEDDING_DEVICE", "gpu", "cuda:N"),
        ("SONICMESH_CPU_MODEL_MEMORY", "much", "K, M, G or T"),
        ("SONICMESH_NICE", "40", "19"),
        ("SONICMESH_MODEL_IDLE_S", "0", "greater than 0"),
    ],
)
def test_a_bad_value_names_its_variable(env: pytest.MonkeyPatch, variable: str, value: str, hint: str) -> None:
    env.setenv(variable, value)
    with pytest.raises(SettingsError, match=hint) as caught:
        load_settings(WorkerSettings)
    assert variable in caught.value.message


def test_every_field_says_what_it_is(env: pytest.MonkeyPatch) -> None:
    for name, field in WorkerSettings.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("1024", 1024), ("8G", 8 * 2**30), ("1.5 GiB", 3 * 2**29), ("512mb", 2**29)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size
