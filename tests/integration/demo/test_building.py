"""A demo library is built once, completed after an interruption, and never overwrites other files."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from hashlib import sha256
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

import demo
from contract.errors import Conflict, NotFound
from demo.building import build_entries
from demo.catalogue import full, small
from tests.integration.demo.conftest import NOW, brief


def prints(library: demo.DemoLibrary) -> dict[str, str]:
    """Hashes of every music file by its path in the folder."""
    folder = library.folder
    return {str(t.path.relative_to(folder)): sha256(t.path.read_bytes()).hexdigest() for t in library.tracks}


def of_kind(library: demo.DemoLibrary, kind: str) -> demo.DemoTrack:
    (track,) = (track for track in library.tracks if track.kind == kind)
    return track


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    # When
    one = demo.build_small(tmp_path / "one", tracks=8)
    two = demo.build_small(tmp_path / "two", tracks=8)
    # Then every format is among them
    assert {track.path.suffix for track in one.tracks} >= {".mp3", ".ogg", ".flac"}
    assert prints(one) == prints(two)


def test_a_complete_library_is_left_alone(tmp_path: Path) -> None:
    # Given
    library = demo.build_small(tmp_path, tracks=2)
    before = {path: path.stat().st_mtime_ns for path in (library.database, *(t.path for t in library.tracks))}
    # When
    again = demo.build_small(tmp_path, tracks=2)
    # Then
    assert again == library == demo.load(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_interrupted_build_is_completed(tmp_path: Path) -> None:
    # Given a build that ended after its second file
    class Interrupted(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        build_entries(tmp_path, small(6, seconds=2.0), NOW, stop, processes=2)
    with pytest.raises(NotFound, match="python -m demo"):
        demo.load(tmp_path)
    # When
    calls: list[tuple[int, int]] = []
    library = build_entries(tmp_path, small(6, seconds=2.0), NOW, lambda *call: calls.append(call), processes=2)
    # Then what was there is not made again
    assert calls[0][0] >= 2
    assert calls[-1] == (6, 6)
    assert all(track.path.stat().st_size for track in library.tracks)
    assert not list(tmp_path.rglob("*.part*"))


def test_another_catalogue_replaces_the_old_one(tmp_path: Path) -> None:
    old = build_entries(tmp_path, small(1, seconds=1.0))
    new = build_entries(tmp_path, small(2, seconds=1.5))
    assert (len(old.tracks), len(new.tracks)) == (1, 2)
    assert new.tracks[0].duration == 1.5


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    with pytest.raises(Conflict, match=r"thesis\.odt"):
        demo.build_small(tmp_path)
    assert (tmp_path / "thesis.odt").read_text() == "years of work"


def test_a_moved_library_gets_a_new_database(tmp_path: Path) -> None:
    # Given
    old = demo.build_small(tmp_path / "old", tracks=1)
    old.folder.rename(tmp_path / "new")
    # When
    new = demo.build_small(tmp_path / "new", tracks=1)
    # Then
    assert new.music_root == tmp_path / "new" / "music"
    assert str(new.music_root).encode() in new.database.read_bytes()


def test_the_command_says_what_it_needs() -> None:
    told = subprocess.run([sys.executable, "-m", "demo"], capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 2
    assert "FOLDER" in told.stderr


def test_the_whole_catalogue_is_what_is_promised() -> None:
    entries = full()
    assert len({entry.id for entry in entries}) == len({entry.location for entry in entries}) == len(entries) == 69
    normal = [entry for entry in entries if entry.kind == "normal"]
    assert len(normal) == 64
    assert all(20 <= entry.seconds <= 60 for entry in normal)
    assert next(entry for entry in entries if entry.kind == "long").seconds == 720
    for style in {entry.style for entry in normal}:
        assert len({entry.artist for entry in normal if entry.style == style}) == 2


def test_every_file_decodes_and_says_what_it_is(whole: demo.DemoLibrary) -> None:
    for track, entry in zip(whole.tracks, brief(), strict=True):
        if track.kind == "text":
            continue
        info = mutagen.File(track.path).info
        assert info.channels == entry.format.channels, track.path
        # Opus is always 48 kHz.
        assert getattr(info, "sample_rate", 48_000) == entry.format.rate, track.path
        assert info.length == pytest.approx(entry.seconds, abs=0.1), track.path


def test_tags_are_in_the_files(whole: demo.DemoLibrary) -> None:
    for suffix in (".mp3", ".flac", ".ogg", ".opus", ".m4a"):
        track = next(t for t in whole.tracks if t.path.suffix == suffix and t.kind == "normal")
        tags = mutagen.File(track.path, easy=True)
        assert (tags["title"], tags["artist"], tags["album"]) == ([track.title], [track.artist], [track.album])
        assert tags["albumartist"] == [track.artist]
        assert tags["genre"]
        assert int(tags["tracknumber"][0].split("/")[0]) >= 1
    wav = next(t for t in whole.tracks if t.path.suffix == ".wav")
    assert mutagen.File(wav.path).tags["TIT2"].text == [wav.title]


def test_the_oddities_are_odd(whole: demo.DemoLibrary) -> None:
    silent, _ = soundfile.read(of_kind(whole, "silent").path)
    assert not silent.any()
    cut = of_kind(whole, "truncated")
    decoded, rate = soundfile.read(cut.path)
    heard = np.flatnonzero(np.abs(np.atleast_2d(decoded.T)).max(axis=0) > 1e-4)[-1] / rate
    assert heard < 0.5 * cut.duration
    assert of_kind(whole, "text").path.read_text().startswith("Remember")
    copy = of_kind(whole, "copy")
    originals = [t for t in whole.tracks if t.kind != "copy" and t.path.read_bytes() == copy.path.read_bytes()]
    assert [(t.title, t.library_id) for t in originals] == [(copy.title, 1)]
    assert copy.library_id == 2


def test_names_are_as_difficult_as_in_life(whole: demo.DemoLibrary) -> None:
    names = [str(track.path.relative_to(whole.folder)) for track in whole.tracks]
    for letters in ("é", "&", "#", "%", "'", " ", "8ビット"):
        assert any(letters in unicodedata.normalize("NFC", name) for name in names), letters
    assert any(unicodedata.normalize("NFC", name) != name for name in names)
    assert any('"' in track.title for track in whole.tracks)
