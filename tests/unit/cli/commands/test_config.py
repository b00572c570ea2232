"""`.env`: a setting stays one value on one line, whoever wrote it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import AliasChoices

from cli.commands.config import SECTIONS, settings_rows
from contract.settings import MeshSettings, SettingsError, load_settings

VARIABLES = sorted(
    {
        str(field.validation_alias.choices[0])
        for room in SECTIONS
        for field in room.model_fields.values()
        if isinstance(field.validation_alias, AliasChoices)
    }
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in set(os.environ) & set(VARIABLES):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("variable", VARIABLES)
def test_no_setting_takes_a_line_break(variable: str, home: Path) -> None:
    for written in (r"a\n[program:evil]\ncommand=touch /tmp/x\n;", r"a\rb", r"a\tb", "a\x1b[2Jb", "a\u2028b"):
        (home / ".env").write_text(f'{variable}="{written}"\n')
        with pytest.raises(SettingsError, match="control characters") as refused:
            settings_rows()
        assert variable in refused.value.message
        assert refused.value.message.isprintable()


def test_a_home_folder_of_nobody_is_one_clear_line(home: Path) -> None:
    for variable in ("LOG_DIR", "NAVIDROME_DB_PATH", "NAVIDROME_MILVUS_URI", "TEXT_EMBEDDING_CHECKPOINT_DIR"):
        (home / ".env").write_text(f"{variable}=~nobody-of-this-name/x\n")
        with pytest.raises(SettingsError, match=f"{variable}.*home folder is not known"):
            settings_rows()


def test_names_of_any_writing_are_taken(home: Path) -> None:
    (home / ".env").write_text("LOG_DIR='/Musik & Töne/夜 % # ; \u200c'\n")
    assert str(load_settings(MeshSettings).logs) == "/Musik & Töne/夜 % # ; \u200c"


def test_variables_of_others_are_none_of_our_business(home: Path) -> None:
    (home / ".env").write_text('SOME_CERTIFICATE="-----BEGIN\\nMIIB\\n-----END"\n')
    settings_rows()
