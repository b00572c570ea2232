"""What people see of tracks, jobs and errors, whatever their names contain."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import orjson
import pytest
import typer
from rich.progress import Progress

from cli import output, view
from contract.jobs import Failure
from contract.jobs import Progress as JobProgress
from contract.playlist_file import as_m3u

#: Names that rich, a terminal or a table would interpret.
NAMES = ["[untitled]", "Night Bus [feat. Somebody]", "Both Sides [a/b]", "Slash [/b]", ":smile:", "[bold]loud"]
#: A title that begins an escape sequence and a new line, and turns the direction of writing.
HOSTILE = "x\x1b[2Jy\nforged\u202ez\x9b0m"
SPELLED = "x\\x1b[2Jy\\nforged\\u202ez\\x9b0m"
JOB = JobProgress(status="running", total_operations=2, processed_operations=1)


def track(title: str, **more: Any) -> dict[str, Any]:
    return {"track_id": "t", "score": 0.5, "artist": "A", "title": title, "album": "B", **more}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_names_in_brackets_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    # When
    view.print_tracks("like [/b] - [untitled]", map(track, NAMES))
    view.print_failures([Failure(track_id="t", code="empty_audio", title=name, message=name) for name in NAMES])
    for name in NAMES:
        output.note(name)
    # Then
    told = capsys.readouterr()
    assert "like [/b] - [untitled]" in told.out
    assert all(told.out.count(name) >= 2 and f"note: {name}" in told.err for name in NAMES)


def test_nothing_of_a_name_reaches_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    # When
    view.print_tracks(HOSTILE, [track(HOSTILE, artist=HOSTILE, album=HOSTILE)])
    view.print_failures([Failure(track_id="t", kind="warning", code=HOSTILE, title=HOSTILE, message=HOSTILE)])
    output.note(HOSTILE)
    output.print_json({HOSTILE: HOSTILE})
    with pytest.raises(typer.Exit):
        output.fail(HOSTILE, 1, error=HOSTILE)
    # Then
    told = capsys.readouterr()
    assert told.out.count(SPELLED) == 7
    assert told.err.splitlines() == [f"note: {SPELLED}", f"{SPELLED}: {SPELLED}"]
    assert not {"\x1b", "\x9b", "\u202e"} & {*told.out, *told.err}
    assert "\nforged" not in told.out


def test_the_bar_shows_the_current_track_and_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(view, "console", output.Terminal(file=screen, force_terminal=True, width=200))
    with view.JobBar() as bar:
        for name in (*NAMES, HOSTILE, "a long name " * 20):
            bar.update(replace(JOB, current_track=f"A - {name} [spectral]"))
            assert isinstance(bar._progress, Progress)
            bar._progress.refresh()
    shown = screen.getvalue()
    assert all(f"A - {name} [spectral]" in shown for name in (*NAMES, SPELLED))
    assert "a long … [spectral]" in shown or "… [spectral]" in shown
    assert "\u202e" not in shown
    assert "\x9b" not in shown


def test_json_is_printed_whatever_a_worker_said(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"a": b"bytes", "b": float("nan"), 1: "number", "c": {b"key".hex(): 2**63}})
    assert orjson.loads(capsys.readouterr().out) == {"a": "b'bytes'", "b": None, "1": "number", "c": {"6b6579": 2**63}}


def test_a_playlist_file_has_two_lines_a_track() -> None:
    # Given
    tracks = [
        track("First\nhttp://example.org/x.mp3", path="/m/a.flac", duration=12.4),
        track("Plain", path="/m/two\nlines.flac", duration=1.0),
        track("\x1b[31mred\u202e", path="/m/#hash 100%.flac", duration=float("nan"), artist=None),
        track("nowhere", path="", duration=1.0),
    ]
    # When
    playlist, left_out = as_m3u(tracks)
    # Then
    assert playlist.splitlines() == [
        "#EXTM3U",
        "#EXTINF:12,A - First http://example.org/x.mp3",
        "/m/a.flac",
        "#EXTINF:-1,- [31mred",
        "/m/#hash 100%.flac",
    ]
    assert left_out == ["/m/two\nlines.flac"]
