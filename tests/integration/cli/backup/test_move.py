"""Vectors that move to another store and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.backup.load import load
from cli.backup.move import move, target_settings
from cli.backup.progress import Bars
from cli.backup.save import save
from contract.errors import Conflict, NotFound
from contract.settings import SettingsError
from tests.integration.cli.backup.conftest import COUNT, Enter, contents, fill, same
from workers.library.backup.archive import reading


def test_vectors_move_to_another_folder_and_back(enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    settings = enter("old")
    fill(settings)
    before = contents(settings)
    target = target_settings(settings, str(tmp_path / "other.db"))
    # When
    moved = move(settings, target, quiet, force=False)
    # Then
    assert {m.info.model: m.info.count for m in moved} == {"spectral": COUNT, "mert": COUNT}
    assert same(contents(target), before)
    assert same(contents(settings), before)
    # When it goes back, it replaces existing data only if told to
    with pytest.raises(Conflict, match="--force"):
        move(target, settings, quiet, force=False)
    back = move(target, settings, quiet, force=True)
    assert [m.checksum for m in back] == [m.checksum for m in moved]
    assert same(contents(settings), before)


def test_vectors_move_to_a_server_and_backups_go_both_ways(
    enter: Enter, quiet: Bars, tmp_path: Path, milvus_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given vectors in a folder, and a backup of them
    embedded = enter("old")
    fill(embedded)
    before = contents(embedded)
    first = save(embedded, tmp_path / "embedded.backup", quiet, force=False, with_secrets=False)
    # When they move
    server = target_settings(embedded, milvus_server)
    moved = move(embedded, server, quiet, force=False)
    # Then they are the same bit for bit
    assert [m.checksum for m in moved] == [m.checksum for m in first.models]
    assert same(contents(server), before)
    # When the backup of the folder is put on the server in their place
    monkeypatch.setenv("NAVIDROME_MILVUS_URI", milvus_server)
    settings = enter("old")
    with reading(tmp_path / "embedded.backup") as reader:
        assert load(reader, quiet, force=True).store == milvus_server
    assert same(contents(settings), before)
    # And a backup of the server into a folder
    save(settings, tmp_path / "server.backup", quiet, force=False, with_secrets=False)
    monkeypatch.delenv("NAVIDROME_MILVUS_URI")
    settings = enter("new")
    with reading(tmp_path / "server.backup") as reader:
        load(reader, quiet, force=False)
    # Then
    assert same(contents(settings), before)


def test_what_is_no_other_store_is_refused(enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    settings = enter("old")
    with pytest.raises(SettingsError, match="in use"):
        target_settings(settings, str(settings.store_path))
    with pytest.raises(SettingsError, match="19530"):
        target_settings(settings, "ftp://host")
    with pytest.raises(NotFound, match="no vectors yet"):
        move(settings, target_settings(settings, str(tmp_path / "x")), quiet, force=False)
