"""Settings as the console shows them: without secrets."""

from __future__ import annotations

import pytest

from gateway.admin.system import shown_setting


def row(variable: str, value: str) -> dict[str, object]:
    return {"variable": variable, "value": value, "default": "", "description": "", "set": True}


@pytest.mark.parametrize(
    ("variable", "value", "shown", "secret"),
    [
        ("SONICMESH_TOKEN", "a-long-token", "(set)", True),
        ("SONICMESH_OPENAI_KEY", "sk-1", "(set)", True),
        ("SONICMESH_TOKEN_FILE", "/run/secrets/token", "/run/secrets/token", False),
        ("NAVIDROME_MILVUS_URI", "http://root:secret@store:19530", "http://...@store:19530", False),
        ("NAVIDROME_MILVUS_URI", "http://root:p@ss@store:19530", "http://...@store:19530", False),
        ("NAVIDROME_URL", "http://nas:4533", "http://nas:4533", False),
    ],
)
def test_secrets_are_not_shown(variable: str, value: str, shown: str, secret: bool) -> None:
    found = shown_setting(row(variable, value), {"SONICMESH_TOKEN"})
    assert (found["value"], found["secret"]) == (shown, secret)
    assert found["origin"] == ("environment" if variable == "SONICMESH_TOKEN" else "file")
