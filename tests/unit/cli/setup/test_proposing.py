"""The path map is proposed from where the sampled files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.setup.proposing import proposed
from cli.setup.trying import Sample, formats, mapped, readable, sampled, tried
from contract.setup import PathPair
from workers.library.navidrome.records import MusicFolder, NavidromeTrack, Snapshot

MUSIC = MusicFolder(1, "Music", "/music/", None)
ARCHIVE = MusicFolder(2, "Archive", "/archive", None)
CONTENT = b"sound"


def track(number: int, library: MusicFolder, path: str, *, missing: bool = False) -> NavidromeTrack:
    return NavidromeTrack(
        id=f"t{library.id}-{number}",
        library_id=library.id,
        path=path,
        title=f"title {number}",
        artist="artist",
        artist_id="a",
        album="album",
        album_id="b",
        duration=180.0,
        size=len(CONTENT),
        updated_at=None,
        channels=2,
        missing=missing,
    )


def library(*tracks: NavidromeTrack) -> Snapshot:
    return Snapshot((MUSIC, ARCHIVE), tracks)


def put(root: Path, path: str, content: bytes = CONTENT) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


@pytest.fixture
def snapshot() -> Snapshot:
    songs = [track(n, MUSIC, f"Artist {n % 5}/Album/{n:02d} song.mp3") for n in range(40)]
    return library(*songs, *(track(n, ARCHIVE, f"old/{n}.flac") for n in range(7)))


def place(snapshot: Snapshot, roots: dict[int, Path]) -> None:
    for each in snapshot.tracks:
        put(roots[each.library_id], each.path)


def test_ten_files_come_from_everywhere(snapshot: Snapshot) -> None:
    samples = sampled(snapshot)
    assert len(samples) == 10
    assert [sample.library.id for sample in samples].count(2) == 5
    assert len({sample.track.path.split("/")[0] for sample in samples if sample.library.id == 1}) == 5


def test_files_that_navidrome_misses_are_not_tried() -> None:
    gone = [track(n, MUSIC, f"{n}.mp3", missing=True) for n in range(20)]
    assert sampled(library(*gone)) == []
    assert [sample.track.id for sample in sampled(library(*gone, track(99, MUSIC, "here.mp3")))] == ["t1-99"]


def test_each_library_gets_its_folder(tmp_path: Path, snapshot: Snapshot) -> None:
    place(snapshot, {1: tmp_path / "nas/Musik", 2: tmp_path / "disk/alt/Ablage"})
    samples = sampled(snapshot)
    pairs = proposed(samples, [str(tmp_path)])
    assert pairs == [
        PathPair(theirs="/music", here=str(tmp_path / "nas/Musik")),
        PathPair(theirs="/archive", here=str(tmp_path / "disk/alt/Ablage")),
    ]
    files = tried(samples, mapped(pairs, snapshot.libraries))
    assert readable(files) == 10
    assert files[0].path.startswith("/music/Artist 0")


def test_what_is_in_place_needs_no_map(tmp_path: Path) -> None:
    here = MusicFolder(1, "Music", str(tmp_path / "music"), None)
    put(tmp_path / "music", "a/b.mp3")
    put(tmp_path / "copy", "a/b.mp3")
    snapshot = Snapshot((here,), (track(1, here, "a/b.mp3"),))
    assert proposed(sampled(snapshot), [str(tmp_path)]) == []


def test_the_folder_with_most_files_wins_and_of_equals_the_nearest(tmp_path: Path, snapshot: Snapshot) -> None:
    place(snapshot, {1: tmp_path / "z music", 2: tmp_path / "z archive"})
    place(snapshot, {1: tmp_path / "backup/2024/music", 2: tmp_path / "backup/2024/archive"})
    put(tmp_path / "a few", "Artist 0/Album/00 song.mp3")
    here = [pair.here for pair in proposed(sampled(snapshot), [str(tmp_path)])]
    assert here == [str(tmp_path / "z music"), str(tmp_path / "z archive")]


def test_files_of_another_size_are_other_files(tmp_path: Path, snapshot: Snapshot) -> None:
    for each in snapshot.tracks:
        put(tmp_path / "other", each.path, b"something else")
    assert proposed(sampled(snapshot), [str(tmp_path)]) == []


def test_old_rows_hold_whole_paths(tmp_path: Path) -> None:
    snapshot = library(track(1, MUSIC, "/music/Artist/song.mp3"))
    put(tmp_path / "m", "Artist/song.mp3")
    samples = sampled(snapshot)
    pairs = proposed(samples, [str(tmp_path)])
    assert pairs == [PathPair(theirs="/music", here=str(tmp_path / "m"))]
    assert readable(tried(samples, mapped(pairs, snapshot.libraries))) == 1


def test_names_that_are_no_text_are_found(tmp_path: Path) -> None:
    name = "stra\udcdfe.mp3"
    snapshot = library(track(1, MUSIC, f"x/{name}"))
    put(tmp_path / "m", f"x/{name}")
    assert proposed(sampled(snapshot), [str(tmp_path)]) == [PathPair(theirs="/music", here=str(tmp_path / "m"))]


def test_a_file_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    here = MusicFolder(1, "Music", str(tmp_path), None)
    put(tmp_path, "good.mp3")
    put(tmp_path, "empty.mp3", b"")
    (tmp_path / "folder.mp3").mkdir()
    names = ["absent.mp3", "empty.mp3", "folder.mp3", "good.mp3"]
    snapshot = Snapshot((here,), tuple(track(n, here, name) for n, name in enumerate(names)))
    files = tried([Sample(each, here) for each in snapshot.tracks], mapped([], snapshot.libraries))
    assert [each.problem for each in files] == ["absent", "empty", "unreadable", None]


def test_formats_are_counted(snapshot: Snapshot) -> None:
    odd = [track(50, MUSIC, "no ending"), track(51, MUSIC, "LOUD.MP3")]
    assert formats(library(*snapshot.tracks, *odd)) == {"mp3": 41, "flac": 7, "?": 1}
