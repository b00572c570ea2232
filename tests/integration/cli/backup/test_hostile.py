"""Backups made by hand are refused with a typed error before anything is unpacked or written."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from cli.backup.load import load
from cli.backup.progress import Bars
from cli.backup.save import save
from contract.settings import SettingsError, load_settings
from tests.integration.cli.backup.conftest import Enter, fill, zipped
from workers.library.backup.archive import reading
from workers.library.backup.manifest import BadBackup
from workers.search.settings import SearchSettings

Members = dict[str, bytes]


@pytest.fixture
def members(enter: Enter, quiet: Bars, tmp_path: Path) -> Members:
    """The members of a good backup."""
    settings = enter("old")
    fill(settings)
    (tmp_path / "old" / ".env").write_text("SONICMESH_MODELS=spectral\n")
    (settings.data / "scale.json").write_text('{"spectral":2}')
    file = tmp_path / "good.backup"
    save(settings, file, quiet, force=False, with_secrets=False)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(members: Members) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(members["manifest.json"])
    return found


def told(members: Members, **changes: bytes) -> Members:
    """The members with other contents, which the manifest describes correctly."""
    changed = members | {name.replace("__", "."): content for name, content in changes.items()}
    manifest = manifest_of(members)
    for name, content in changed.items():
        if name != "manifest.json":
            manifest["members"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return changed | {"manifest.json": orjson.dumps(manifest)}


def claiming(members: Members, *path: str | int, value: Any) -> Members:
    """The members with another value in the manifest."""
    manifest = place = manifest_of(members)
    for part in path[:-1]:
        place = place[part]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]
    return members | {"manifest.json": orjson.dumps(manifest)}


def database(*statements: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        return connection.serialize()


def changed_state(members: Members, *statements: str) -> Members:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(members["state.db"])
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        return told(members, state__db=connection.serialize())


HOSTILE: dict[str, Callable[[Members], Members]] = {
    "binary settings": lambda m: told(m, settings__env=b"\xff\xfe\x00A=1"),
    "settings with a zero": lambda m: told(m, settings__env=b"A=1\x00\n"),
    "huge settings": lambda m: told(m, settings__env=b"#" * (2 * 2**20)),
    "scale is no map": lambda m: told(m, scale__json=b"[1]"),
    "scale is no JSON": lambda m: told(m, scale__json=b"{"),
    "scale of a thousand": lambda m: told(m, scale__json=b'{"spectral":1000}'),
    "manifest is a list": lambda m: m | {"manifest.json": b"[]"},
    "manifest is binary": lambda m: m | {"manifest.json": os.urandom(1000)},
    "manifest is huge": lambda m: m | {"manifest.json": m["manifest.json"] + b" " * (17 * 2**20)},
    "count is text": lambda m: claiming(m, "models", 0, "count", value="many"),
    "count is negative": lambda m: claiming(m, "models", 0, "count", value=-1),
    "dimension is huge": lambda m: claiming(m, "models", 0, "stored_dimension", value=2**40),
    "pages without an end": lambda m: claiming(m, "models", 0, "pages", value=10**9),
    "pages that are not there": lambda m: claiming(m, "models", 0, "pages", value=3),
    "a model that is a path": lambda m: claiming(m, "models", 0, "model", value="../../x"),
    "a collection that is a path": lambda m: claiming(m, "models", 0, "collection", value="../x"),
    "a generation that is a path": lambda m: claiming(m, "models", 0, "generation", value="/x"),
    "models are a map": lambda m: claiming(m, "models", value={"a": 1}),
    "a model twice": lambda m: claiming(m, "models", value=manifest_of(m)["models"] * 2),
    "a size that is another": lambda m: claiming(m, "members", "state.db", "size", value=5 * 2**30),
    "a checksum that is none": lambda m: claiming(m, "members", "state.db", "sha256", value="x"),
    "rows are a number": lambda m: told(m, **{"vectors/spectral/000000__json": b"5"}),
    "a row is a number": lambda m: told(m, **{"vectors/spectral/000000__json": b"[5]"}),
    "state is no database": lambda m: told(m, state__db=b"SQLite format 3\x00" + os.urandom(5000)),
    "state has no tables": lambda m: told(m, state__db=database("CREATE TABLE a (b)", "PRAGMA user_version = 1")),
    "state has a trigger": lambda m: changed_state(
        m, "CREATE TRIGGER t AFTER UPDATE ON track BEGIN DELETE FROM preference; END"
    ),
    "state has a view for a table": lambda m: changed_state(
        m,
        "DROP TABLE preference",
        "CREATE VIEW preference AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
    ),
    "out of the folder": lambda m: told(m, **{"../evil__pt": b"x"}),
    "from the root": lambda m: told(m, **{"/tmp/evil": b"x"}),
    "for Windows": lambda m: told(m, **{"..\\evil": b"x"}),
    "a drive": lambda m: told(m, **{"C:evil": b"x"}),
    "a folder": lambda m: m | {"data/": b""},
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_made_by_hand(kind: str, members: Members, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    file = tmp_path / "evil.backup"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in HOSTILE[kind](members).items():
            archive.writestr(name, content)
    refused(file, enter, quiet)


def refused(file: Path, enter: Enter, quiet: Bars) -> str:
    """Why it is refused; nothing was written."""
    settings = enter("new")
    before = sorted(file.parent.rglob("*.pt"))
    with pytest.raises(BadBackup) as refusal, reading(file) as reader:
        load(reader, quiet, force=True)
    left = [path.name for path in settings.data.rglob("*") if path.is_file()] if settings.data.exists() else []
    assert not {"state.db", "uploads.db", "scale.json"} & set(left), left
    assert not (settings.data.parent / ".env").exists()
    assert sorted(file.parent.rglob("*.pt")) == before
    return refusal.value.message


def rewritten(members: Members, change: Callable[[zipfile.ZipInfo], None], target: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            information = zipfile.ZipInfo(name)
            information.compress_type = zipfile.ZIP_DEFLATED
            if name == target:
                change(information)
            archive.writestr(information, content)
    return buffer.getvalue()


def test_a_link_for_a_file(members: Members, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    def link(information: zipfile.ZipInfo) -> None:
        information.external_attr = (stat.S_IFLNK | 0o777) << 16

    (tmp_path / "evil").write_bytes(rewritten(members, link, "state.db"))
    assert "not a plain file" in refused(tmp_path / "evil", enter, quiet)


def test_another_packing(members: Members, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    def pack(information: zipfile.ZipInfo) -> None:
        information.compress_type = zipfile.ZIP_LZMA

    (tmp_path / "evil").write_bytes(rewritten(members, pack, "state.db"))
    assert "compressed in another way" in refused(tmp_path / "evil", enter, quiet)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(members: Members, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil", "w") as archive:
        for name, content in (*members.items(), ("state.db", b"another")):
            archive.writestr(name, content)
    assert "more than once" in refused(tmp_path / "evil", enter, quiet)


def test_a_manifest_of_gigabytes_is_not_unpacked(
    members: Members, enter: Enter, quiet: Bars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "evil", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("manifest.json", "w", force_zip64=True) as member:
            for _ in range(64):
                member.write(b" " * 2**22)
        archive.writestr("state.db", members["state.db"])
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it is unpacked"))
    assert "manifest.json" in refused(tmp_path / "evil", enter, quiet)


def test_members_that_overlap(members: Members, enter: Enter, quiet: Bars, tmp_path: Path) -> None:
    """A bomb without a container: many entries of the list share the same packed bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors/spectral/000000.json", os.urandom(500_000))
        archive.writestr("manifest.json", members["manifest.json"])
        first = archive.getinfo("vectors/spectral/000000.json")
        for number in range(1, 50):
            copy = zipfile.ZipInfo(f"vectors/spectral/{number:06}.json")
            for field in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(copy, field, getattr(first, field))
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
    (tmp_path / "evil").write_bytes(buffer.getvalue())
    assert "overlap" in refused(tmp_path / "evil", enter, quiet)


def test_no_job_of_a_backup_writes_files_where_it_is_put_back(
    members: Members, enter: Enter, quiet: Bars, tmp_path: Path
) -> None:
    # Given a backup with jobs that would write files, as one made by hand may have them
    insert = "INSERT INTO job (id, kind, status, options, created_at, ended_at) VALUES"
    options = orjson.dumps({"file": str(tmp_path / "written"), "force": True, "with_secrets": True}).decode()
    evil = changed_state(
        members,
        f"{insert} ('a', 'backup', 'running', '{options}', 1, NULL)",
        f"{insert} ('b', 'backup', 'initialized', '{options}', 1, 2)",
        f"{insert} ('c', 'train_text', 'paused', '{{}}', 1, NULL)",
        f"{insert} ('d', 'backup', 'completed', '{options}', 1, 2)",
    )
    tables = manifest_of(evil)["tables"] | {"job": 4}
    (tmp_path / "evil").write_bytes(zipped(claiming(evil, "tables", value=tables)))
    # When it is put back
    settings = enter("new")
    with reading(tmp_path / "evil") as backup:
        load(backup, quiet, force=False)
    # Then only finished jobs are left
    with closing(sqlite3.connect(settings.data / "state.db")) as connection:
        assert connection.execute("SELECT id FROM job").fetchall() == [("d",)]


def test_settings_here_that_are_no_text_are_named(enter: Enter, tmp_path: Path) -> None:
    enter("new")
    (tmp_path / "new" / ".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8 text"):
        load_settings(SearchSettings)
