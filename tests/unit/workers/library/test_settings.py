"""Settings of the library worker, as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.settings import SettingsError, load_settings
from workers.library.settings import LibrarySettings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("NAVIDROME_DB_PATH", "NAVIDROME_MUSIC_ROOT", "SONICMESH_PATH_MAP", "BATCH_JOB_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    return tmp_path


def test_defaults() -> None:
    settings = load_settings(LibrarySettings)
    assert settings.database is None
    assert settings.path_map == ()
    assert settings.auto_embed is True
    assert settings.poll_seconds < 60  # a scan is noticed within a minute
    assert (settings.tracks_in_flight, settings.prune_after_days, settings.poll_seconds) == (4, 7.0, 15.0)


def test_paths_and_their_map(folder: Path) -> None:
    (folder / ".env").write_text(
        "NAVIDROME_DB_PATH=nd/navidrome.db\n"
        "NAVIDROME_MUSIC_ROOT='/mnt/my music'\n"
        "SONICMESH_PATH_MAP='/music=/mnt/a, /archive=/mnt/b b=c,'\n"
    )
    settings = load_settings(LibrarySettings)
    assert settings.database == folder / "nd/navidrome.db"
    assert settings.music_root == Path("/mnt/my music")
    assert settings.path_map == (("/music", "/mnt/a"), ("/archive", "/mnt/b b=c"))


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("SONICMESH_PATH_MAP", "/music", "pairs of absolute folders"),
        ("SONICMESH_PATH_MAP", "music=/mnt/a", "pairs of absolute folders"),
        ("SONICMESH_PATH_MAP", "/music=a", "pairs of absolute folders"),
        ("BATCH_JOB_WORKERS", "0", "greater than or equal to 1"),
        ("SONICMESH_PRUNE_AFTER_DAYS", "-1", "greater than or equal to 0"),
        ("SONICMESH_AUTO_EMBED", "perhaps", "boolean"),
    ],
)
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"{variable}.*{expected}"):
        load_settings(LibrarySettings)
