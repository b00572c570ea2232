"""Any error of the operating system about the database, its folder or the music is a reason to wait, not to stop."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.doctor.finding import WRONG
from cli.doctor.music import check_music
from contract.errors import NavidromeUnavailable
from tests.harness.music import Music
from tests.harness.neighbours import OWNER, READER, READING, Program, needs_root
from tests.integration.workers.library.catalogue.test_follower import waiting
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.settings import LibrarySettings


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def long_name(folder: Path) -> Path:
    return folder / ("n" * 300)


def long_path(folder: Path) -> Path:
    return folder.joinpath(*["folder"] * 1000, "navidrome.db")


def loop(folder: Path) -> Path:
    (folder / "navidrome.db").symlink_to("navidrome.db")
    return folder / "navidrome.db"


def below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "navidrome.db"


def zero_byte(folder: Path) -> Path:
    return folder / "navi\0drome.db"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "navidrome.db")
    return folder / "navidrome.db"


def no_text(folder: Path) -> Path:
    return folder / os.fsdecode(b"\xff.db")


PLACES: dict[Callable[[Path], Path], str] = {
    long_name: "File name too long",
    long_path: "there is no database",
    loop: "Too many levels of symbolic links",
    below_a_file: "there is no database",
    zero_byte: "null byte",
    pipe: "there is no database",
    no_text: "there is no database",
}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_path_that_leads_nowhere(folder: Path, place: Callable[[Path], Path]) -> None:
    path = place(folder)
    database = NavidromeDatabase(path)
    for read in (database.snapshot, database.signature, lambda: database.playlist_tracks(["p"])):
        with pytest.raises(NavidromeUnavailable, match=PLACES[place]) as caught:
            read()
    assert len(caught.value.message) < 1000
    caught.value.message.encode()
    assert database.fingerprint() == () or place is pipe
    # And the doctor says the same
    settings = LibrarySettings(NAVIDROME_DB_PATH=path)
    (found,) = check_music(settings)
    assert (found.status, PLACES[place] in found.message) == (WRONG, True)
    assert found.advice


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENODEV, errno.ETIMEDOUT])
@pytest.mark.parametrize("call", ["open", "pread"])
def test_a_disk_that_answers_with_errors(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str) -> None:
    # Given a share that breaks off, as the operating system reports it
    music = Music(folder / "n")

    def broken(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(f"workers.library.navidrome.{'database_file' if call == 'open' else 'opening'}.os.{call}", broken)
        with pytest.raises(NavidromeUnavailable, match=os.strerror(number)):
            NavidromeDatabase(music.database).snapshot()
    # When it is back
    assert NavidromeDatabase(music.database).snapshot().tracks == ()


@needs_root
@pytest.mark.parametrize("hidden", ["folder", "file"])
def test_what_belongs_to_another_user(folder: Path, hidden: str) -> None:
    music = Music(folder / "n")
    for path in (music.folder, music.database):
        os.chown(path, OWNER, OWNER)
    (music.folder if hidden == "folder" else music.database).chmod(0o700 if hidden == "folder" else 0o600)
    mesh = Program(READING, str(READER), str(READER))
    try:
        said = mesh.ask(str(music.database))
        assert "Permission denied" in said
        assert "run the mesh as Navidrome's user" in said
        (music.folder if hidden == "folder" else music.database).chmod(0o755)
        assert mesh.ask(str(music.database)) == []
    finally:
        mesh.kill()


def test_the_worker_waits_and_answers(music: Music, make_library: MakeLibrary) -> None:
    # Given a path that is too long
    library = make_library(NAVIDROME_DB_PATH=str(music.folder / ("x" * 5000)))
    waiting(library, "File name too long")
    library.stop()
    # And a link that leads back to itself, until somebody fixes it
    link = music.folder / "link.db"
    link.symlink_to(link)
    library.start(NAVIDROME_DB_PATH=str(link))
    waiting(library, "symbolic links")
    assert library.call("tracks.find", query="anything")["tracks"] == []
    with pytest.raises(NavidromeUnavailable, match="symbolic links"):
        library.call("playlists.tracks", playlist_ids=["p"])
    link.unlink()
    link.symlink_to(music.database)
    # Then it continues
    music.add("a", "a.wav", seed=1)
    assert library.ready()
