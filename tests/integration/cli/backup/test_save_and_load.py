"""Backups of real stores and databases, restored elsewhere."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from cli.backup.load import load
from cli.backup.progress import Bars
from cli.backup.save import save
from contract.errors import Conflict, NotFound, StoreUnavailable
from tests.harness.places import REPOSITORY
from tests.harness.vectors import random_unit, rows
from tests.harness.waiting import eventually
from tests.integration.cli.backup.conftest import COUNT, Enter, contents, fill, same, wait_for_upload, zipped
from workers.library.backup.archive import reading
from workers.library.backup.manifest import BadBackup, Manifest
from workers.library.backup.source import opened
from workers.library.state.database import StateDatabase
from workers.library.uploads.waiting_vectors import WaitingVectors
from workers.search.settings import SearchSettings
from workers.search.store.pages import Checksum, read_page


@pytest.fixture
def saved(enter: Enter, quiet: Bars, tmp_path: Path) -> Path:
    """A backup of the home `old`."""
    settings = enter("old")
    fill(settings)
    wait_for_upload(settings)
    (tmp_path / "old" / ".env").write_text(
        "# the token is secret-in-a-comment\nSONICMESH_TOKEN=secret-token\nNAVIDROME_MUSIC_ROOT='/it\\'s here'\n"
        "NAVIDROME_MILVUS_URI=\nexport SONICMESH_MERT_INDEX_DIM=512 # secret-inline\nOTHER=http://me:secret-pw@host\n"
    )
    (settings.data / "scale.json").write_text('{"spectral":2}')
    file = tmp_path / "mesh.backup"
    save(settings, file, quiet, force=False, with_secrets=False)
    return file


def restore(file: Path, quiet: Bars, *, force: bool = False) -> str:
    with reading(file) as reader:
        return load(reader, quiet, force=force).settings


def test_everything_comes_back_elsewhere_bit_for_bit(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    before = contents(enter("old"))
    # When
    settings = enter("new")
    assert restore(saved, quiet) == "written"
    # Then
    assert same(contents(settings), before)
    assert before["mert_embedding"][2] == 76800
    state = StateDatabase(settings.data)
    assert state.rows("SELECT * FROM preference") == [("u1", "anna", '{"mix_length": 33}', 1.5)]
    state.close()
    waiting, theirs = WaitingVectors(settings.data), WaitingVectors(enter("old").data)
    assert waiting.get("audio-1", "spectral") == theirs.get("audio-1", "spectral") is not None
    for each in (waiting, theirs):
        each.close()
    enter("new")
    assert (settings.data / "scale.json").read_text() == '{"spectral":2}'
    assert sorted(p.name for p in settings.data.iterdir() if p.name.startswith("restore-")) == []
    # And a backup of what was restored has the same checksums
    again = save(settings, tmp_path / "again", quiet, force=False, with_secrets=False)
    with reading(saved) as reader:
        assert [m.checksum for m in again.models] == [m.checksum for m in reader.manifest.models]
        assert again.tables == reader.manifest.tables


def test_secrets_stay_at_home_unless_asked_for(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    # Given
    with zipfile.ZipFile(saved) as archive:
        kept = archive.read("settings.env").decode()
    # Then
    assert "secret" not in kept
    assert "NAVIDROME_MUSIC_ROOT='/it\\'s here'" in kept
    assert "SONICMESH_MERT_INDEX_DIM='512'" in kept
    assert saved.stat().st_mode & 0o077 == 0
    # When they are asked for
    whole = tmp_path / "whole.backup"
    save(enter("old"), whole, quiet, force=False, with_secrets=True)
    # Then
    with zipfile.ZipFile(whole) as archive:
        assert b"secret-token" in archive.read("settings.env")


def test_an_env_that_is_there_stays(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    enter("new")
    env = tmp_path / "new" / ".env"
    env.write_text("SONICMESH_DATA=elsewhere\n")
    with reading(saved) as reader:
        restored = load(reader, quiet, force=False)
    assert restored.settings == "kept"
    assert "NAVIDROME_MUSIC_ROOT" in restored.differing
    assert env.read_text() == "SONICMESH_DATA=elsewhere\n"
    assert (tmp_path / "new" / "elsewhere" / "state.db").exists()


def test_what_is_there_is_replaced_only_when_told(saved: Path, enter: Enter, quiet: Bars) -> None:
    settings = enter("new")
    fill(settings, seed=9)
    before = contents(settings)
    # When it is not told
    with pytest.raises(Conflict, match=f"{COUNT} spectral vectors .*state.db.*--force"):
        restore(saved, quiet)
    assert same(contents(settings), before)
    # When it is, twice
    for _ in range(2):
        restore(saved, quiet, force=True)
        # Then
        assert same(contents(settings), contents(enter("old")))
        settings = enter("new")
        with opened(settings) as store:
            generations = {c: s.generation for c, s in store.status().items()}
            assert all(store.dimension(c, "g1" if name != "g1" else "g1-r1") is None for c, name in generations.items())


def test_files_that_are_no_whole_backups_change_nothing(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    data = saved.read_bytes()
    middle = data.index(b"vectors/spectral/000000.f32") + 400
    wrong = {
        "truncated": (data[: len(data) // 2], "incomplete"),
        "text": (b"hello", "not a backup"),
        "empty": (b"", "not a backup"),
        "flipped": (data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :], "damaged"),
        "zip": (zipped({"a": b"b"}), "manifest.json"),
        "other": (zipped({"manifest.json": b'{"product": "x"}'}), "not a backup of Sonic Mesh"),
        "newer": (_changed(saved, format=2), "update Sonic Mesh"),
        "lacking": (_changed(saved, without="vectors/mert/000000.f32"), "missing"),
        "liar": (_changed(saved, tables={"track": 5}), "rows"),
        "waiting": (_changed(saved, waiting=7), "1 vectors, its manifest says 7"),
    }
    settings = enter("new")
    for name, (content, message) in wrong.items():
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(BadBackup, match=message) as raised:
            restore(file, quiet)
        assert str(file) in raised.value.message
        assert not (settings.data / "state.db").exists()
        assert not (tmp_path / "new" / ".env").exists()
        assert contents(settings) == {}
    with pytest.raises(BadBackup, match="there is no file"):
        restore(tmp_path / "absent", quiet)


def _changed(file: Path, without: str = "", **manifest: object) -> bytes:
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name != without}
    members["manifest.json"] = orjson.dumps(orjson.loads(members["manifest.json"]) | manifest)
    return zipped(members)


def test_a_newer_state_db_is_refused(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    # Given a backup by a release whose state.db has a later version
    settings = enter("old")
    with closing(sqlite3.connect(settings.data / "state.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    save(settings, tmp_path / "newer", quiet, force=False, with_secrets=False)
    # When / Then
    enter("new")
    with pytest.raises(BadBackup, match=r"version 99.*update"):
        restore(tmp_path / "newer", quiet)


def test_vectors_that_do_not_match_their_checksum_are_not_switched_to(
    saved: Path, enter: Enter, quiet: Bars, tmp_path: Path
) -> None:
    # Given a manifest whose checksum of the last model is another, in a file that is whole
    with reading(saved) as reader:
        manifest = reader.manifest
    models = (*manifest.models[:-1], replace(manifest.models[-1], checksum="0" * 64))
    changed = orjson.loads(replace(manifest, models=models).pack())
    file = tmp_path / "changed"
    file.write_bytes(_changed(saved, models=changed["models"]))
    # When
    settings = enter("new")
    with pytest.raises(BadBackup, match="do not match its manifest"):
        restore(file, quiet)
    # Then the model before it was not put into service either
    assert contents(settings) == {}
    assert not (settings.data / "state.db").exists()


def test_a_backup_that_fails_leaves_no_file(saved: Path, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    settings = enter("old")
    content = saved.read_bytes()
    with pytest.raises(Conflict, match="already exists"):
        save(settings, saved, quiet, force=False, with_secrets=False)
    # When the store cannot be opened
    with opened(settings), pytest.raises(StoreUnavailable):
        save(settings, saved, quiet, force=True, with_secrets=False)
    # When state.db is broken in the middle
    (settings.data / "state.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Conflict, match="cannot be copied"):
        save(settings, saved, quiet, force=True, with_secrets=False)
    # Then the old file is intact and nothing is left beside it
    assert saved.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []
    # When uploads.db is
    (settings.data / "uploads.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Conflict, match=r"uploads\.db cannot be copied"):
        save(settings, saved, quiet, force=True, with_secrets=False)
    # When the folder is not there
    with pytest.raises(Conflict, match="cannot be written"):
        save(settings, tmp_path / "no" / "file", quiet, force=False, with_secrets=False)


def test_nothing_to_save_is_said(enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    settings = enter("empty")
    with pytest.raises(NotFound, match="nothing to save"):
        save(settings, tmp_path / "file", quiet, force=False, with_secrets=False)
    assert not (tmp_path / "file").exists()


def test_state_db_is_not_replaced_under_a_library_worker(saved: Path, enter: Enter, quiet: Bars) -> None:
    settings = enter("new")
    state = StateDatabase(settings.data)
    with pytest.raises(Conflict, match="sonicmesh stop"):
        restore(saved, quiet, force=True)
    state.close()


def test_a_restore_that_is_killed_changes_nothing_and_can_be_made_again(
    saved: Path, enter: Enter, quiet: Bars, tmp_path: Path
) -> None:
    # Given a home with other data
    settings = enter("new")
    fill(settings, seed=9)
    before = contents(settings)
    command = [sys.executable, "-m", "cli.main", "restore", str(saved), "--force", "--settings"]
    # When a restore is killed as soon as it has begun to write
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        eventually(lambda: list(settings.data.glob("restore-*/*")))
        process.kill()
    # Then
    assert same(contents(settings), before)
    # When it is made again
    restore(saved, quiet, force=True)
    assert same(contents(settings), contents(enter("old")))
    assert not list(settings.data.glob("restore-*"))


def test_many_pages_of_a_store_that_changes_are_whole(enter: Enter, tmp_path: Path) -> None:
    settings: SearchSettings = enter("old")
    with opened(settings) as store:
        store.upsert("embedding", rows(10), random_unit(10, 32), 32)
        checksum, after, ids = Checksum(), None, []
        while True:
            page = read_page(store, "embedding", "g1", after, 3)
            checksum.add(page.rows, page.vectors)
            ids += [row.track_id for row in page.rows]
            if after is None:
                store.delete(["t000000", "t000004"])
                store.upsert("embedding", rows(1, start=20), random_unit(1, 32), 32)
            if (after := page.after) is None:
                break
        assert ids == [f"t{n:06}" for n in (0, 1, 2, 3, 5, 6, 7, 8, 9, 20)]
        whole, reverse = Checksum(), Checksum()
        for sums, order in ((whole, ids[1:]), (reverse, ids[:0:-1])):
            found = store.lookup("embedding", order)
            sums.add(found.rows, found.vectors)
        assert whole.hex() == reverse.hex() != checksum.hex()
        with pytest.raises(NotFound):
            read_page(store, "embedding", "gone", None, 3)


def test_a_manifest_survives_its_own_form() -> None:
    manifest = Manifest(1.5, "embedded", (), {"track": 3}, {}, True)
    assert Manifest.unpack(manifest.pack()) == manifest
