"""What the doctor finds on machines with a fault."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

import demo
from bench.ports import free_port
from cli.doctor.examination import examine
from cli.doctor.finding import NOTE, OK, WRONG, Finding
from cli.doctor.machine import file_system
from cli.doctor.music import SAMPLE, check_music, sample
from cli.doctor.parts import check_state, failure_findings
from contract.settings import load_settings
from tests.harness.services.toy_model import TOY
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateDatabase
from workers.models.registry import MODELS
from workers.search.settings import SearchSettings


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> demo.DemoLibrary:
    return demo.build_small(tmp_path_factory.mktemp("library"), 6)


@pytest.fixture
def home(tmp_path: Path, library: demo.DemoLibrary, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose settings are right."""
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    monkeypatch.setenv("NAVIDROME_DB_PATH", str(library.database))
    monkeypatch.setenv("NAVIDROME_RECOMMENDER_PORT", str(free_port()))
    monkeypatch.setenv("TEXT_EMBEDDING_PORT", str(free_port()))
    monkeypatch.setenv("NAVIDROME_EMBED_SOCKET", str(tmp_path / "embed.sock"))
    return tmp_path


def by_subject(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_a_healthy_machine_has_nothing_wrong(home: Path) -> None:
    found = by_subject(examine())
    assert [f for f in found.values() if f.status == WRONG and f.subject not in {"disk", "memory"}] == []
    assert found["database"].message.startswith("6 tracks")
    assert found["mesh"].status == NOTE
    assert not (home / "data").exists()


def test_files_that_others_can_read_are_named(home: Path) -> None:
    assert by_subject(examine())["files"].status == OK
    data, env = home / "data", home / ".env"
    data.mkdir()
    data.chmod(0o755)
    (data / "state.db").touch()
    (data / "state.db").chmod(0o644)  # whatever umask a command of an earlier test left
    env.touch(0o640)
    env.chmod(0o640)
    found = by_subject(examine())["files"]
    assert found.status == NOTE
    assert all(str(path) in found.message for path in (data, data / "state.db", env))
    assert found.advice == f"`chmod -R go-rwx {data} {env}`"
    for place in (data, env):
        place.chmod(0o700 if place.is_dir() else 0o600)
    assert by_subject(examine())["files"].status == OK


def test_a_bad_setting_is_named_and_the_rest_is_looked_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_HOST", "0.0.0.0")
    found = by_subject(examine())
    assert found["settings"].status == WRONG
    assert "SONICMESH_TOKEN" in found["settings"].message
    assert found["database"].status == OK


def test_a_port_that_is_taken_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("TEXT_EMBEDDING_PORT", str(port))
        found = by_subject(examine())[f"port {port}"]
    assert (found.status, "TEXT_EMBEDDING_PORT" in found.advice) == (WRONG, True)


def test_music_that_is_elsewhere_is_noticed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given files that moved
    library = demo.build_small(home / "library", 6)
    monkeypatch.setenv("NAVIDROME_DB_PATH", str(library.database))
    here = home / "moved"
    library.music_root.rename(here)
    found = [f for f in check_music(load_settings(LibrarySettings)) if f.subject.startswith("music")]
    # Then the finding says which setting helps
    assert [f.status for f in found] == [WRONG]
    assert "6 of 6" in found[0].message
    assert "NAVIDROME_MUSIC_ROOT" in found[0].advice
    # When it is set
    monkeypatch.setenv("NAVIDROME_MUSIC_ROOT", str(here))
    found = [f for f in check_music(load_settings(LibrarySettings)) if f.subject.startswith("music")]
    assert [f.status for f in found] == [OK]


@pytest.mark.parametrize("content", [None, b"", b"not a database at all, not even close" * 99])
def test_a_database_that_is_none_is_said(home: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    path = home / "other.db"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("NAVIDROME_DB_PATH", str(path))
    (found,) = check_music(load_settings(LibrarySettings))
    assert found.status == WRONG
    assert str(path) in found.message


def test_a_sample_reaches_both_ends_of_a_library(home: Path) -> None:
    one = NavidromeDatabase(load_settings(LibrarySettings).database).snapshot().tracks[0]
    tracks = [replace(one, id=str(number)) for number in range(1000)]
    chosen = [int(track.id) for track in sample(tracks)]
    assert (chosen[0], len(chosen)) == (0, SAMPLE)
    assert chosen[-1] > 950


def test_network_file_systems_are_known_by_the_longest_mount_point() -> None:
    mounts = "/dev/a / ext4 rw 0 0\nnas:/x /mnt/my\\040nas nfs4 rw 0 0\n/dev/b /mnt/my\\040nas/local xfs rw 0 0\n"
    assert file_system(Path("/mnt/my nas/data"), mounts) == "nfs4"
    assert file_system(Path("/mnt/my nas/local/data"), mounts) == "xfs"
    assert file_system(Path("/mnt/my"), mounts) == "ext4"


def test_a_run_folder_on_a_network_is_wrong_too(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a table of mounts as a machine with a share has it; no share can be mounted here
    share, mounts = tmp_path / "share", tmp_path / "mounts"
    share.mkdir()
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nnas:/x {share} nfs4 rw 0 0\n")
    monkeypatch.setattr("cli.doctor.machine.MOUNTS", mounts)
    assert by_subject(examine())["file system"].status == OK
    for variable, told in (("SONICMESH_DATA", "databases"), ("SONICMESH_RUN", "sockets")):
        monkeypatch.setenv(variable, str(share / "x"))
        found = by_subject(examine())["file system"]
        # Then
        assert (found.status, told in found.message, variable in found.advice) == (WRONG, True, True)
        monkeypatch.delenv(variable)


def test_the_place_of_the_upload_socket(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    path = folder / "up.sock"

    def look() -> Finding:
        monkeypatch.setenv("NAVIDROME_EMBED_SOCKET", str(path))
        return by_subject(examine())["uploads"]

    assert (look().status, "will be created" in look().message) == (OK, True)
    # When another gateway listens there
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        assert (look().status, "another gateway" in look().message) == (WRONG, True)
    # When it has died
    assert (look().status, "died" in look().message) == (OK, True)
    # When something else is there
    path.unlink()
    path.write_text("a letter")
    assert (look().status, "not a socket" in look().message) == (WRONG, True)
    shutil.rmtree(folder)
    assert (look().status, "not a folder" in look().message) == (WRONG, True)
    monkeypatch.setenv("NAVIDROME_EMBED_SOCKET", "off")
    assert by_subject(examine())["uploads"].status == OK


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_where_uploads_cannot_work(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, folder = home / "navidrome.db", Path(tempfile.mkdtemp(prefix="sm"))
    shutil.copyfile(load_settings(LibrarySettings).database or "", database)
    path = folder / "up.sock"
    monkeypatch.setenv("NAVIDROME_DB_PATH", str(database))
    monkeypatch.setenv("NAVIDROME_EMBED_SOCKET", str(path))
    # Given one user, then a Navidrome that is another, before and after the socket is made
    assert by_subject(examine())["upload users"].status == OK
    os.chown(database, 4321, 4321)
    found = by_subject(examine())["upload users"]
    assert (found.status, "Navidrome runs as 4321" in found.message, "0600" in found.message) == (NOTE, True, True)
    assert "run the mesh as 4321" in found.advice
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        for owner, mode, status, told in (
            (0, 0o666, OK, "both have the rights"),
            (0, 0o660, NOTE, "mode 0660"),
            (4322, 0o666, NOTE, "only 4321 can read uploaded files"),
            (4321, 0o600, OK, "both run as 4321"),
        ):
            os.chown(path, owner, owner)
            path.chmod(mode)
            found = by_subject(examine())["upload users"]
            assert (found.status, told in found.message) == (status, True), found
    shutil.rmtree(folder)
    # And nothing is reported if there are no uploads
    monkeypatch.setenv("NAVIDROME_EMBED_SOCKET", "off")
    assert "upload users" not in by_subject(examine())


def test_a_state_db_in_use_or_broken_is_wrong(home: Path) -> None:
    settings = load_settings(SearchSettings)
    path = settings.data / "state.db"
    assert list(check_state(path)) == []
    state = StateDatabase(settings.data)
    assert [f.status for f in check_state(path)] == [WRONG]
    state.close()
    assert [f.status for f in check_state(path)] == [OK]
    path.write_bytes(b"broken" * 1000)
    assert [f.status for f in check_state(path)] == [WRONG]


def test_failures_are_told_by_code_with_what_helps() -> None:
    (found,) = failure_findings({"file_unreadable": 3})
    assert found.message == "3 tracks"
    assert "let this user read them" in found.advice


def test_weights_that_are_missing_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_MODELS", "spectral,mert")
    monkeypatch.setenv("HF_HUB_CACHE", str(home))
    found = by_subject(examine())
    assert found["model spectral"].status == OK
    assert found["model mert"].status == WRONG
    assert str(home / "checkpoints") in found["model mert"].advice


def test_any_model_says_itself_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, TOY.name, TOY)
    monkeypatch.setenv("SONICMESH_MODELS", "spectral,toy")
    assert by_subject(examine())["model toy"].status == OK
    (home / "checkpoints").mkdir(exist_ok=True)
    (home / "checkpoints" / "toy.missing").touch()
    found = by_subject(examine())["model toy"]
    assert (found.status, found.message) == (WRONG, "no weights of toy; download them")


def test_a_server_that_is_not_there_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVIDROME_MILVUS_URI", f"http://127.0.0.1:{free_port()}")
    assert by_subject(examine())["store"].status == WRONG
