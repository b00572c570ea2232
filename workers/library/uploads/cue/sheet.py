"""Reads CUE sheets: their files and tracks, and where each track begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from contract.errors import InvalidRequest

#: Frames per second in a CUE time (sectors of an audio CD).
FRAMES: Final = 75
#: Maximum number of tracks and files in one sheet: a CD has 99.
MAX_TRACKS: Final = 99
MAX_FILES: Final = 99
_WORD: Final = re.compile(r'"([^"]*)"?|(\S+)')
_TIME: Final = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})")


@dataclass(slots=True)
class CueTrack:
    """One audio track. `start` is INDEX 01 in frames of 1/75 s within file number `file`; -1: none."""

    number: int
    title: str = ""
    performer: str = ""
    songwriter: str = ""
    isrc: str = ""
    file: int = -1
    start: int = -1


@dataclass(slots=True)
class Sheet:
    """A whole sheet; `remarks` are lines like REM DATE 1999, by lower-case name."""

    title: str = ""
    performer: str = ""
    songwriter: str = ""
    remarks: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    tracks: list[CueTrack] = field(default_factory=list)

    def of_file(self, file: int) -> list[CueTrack]:
        """Return the tracks that begin in a file, in order."""
        return [track for track in self.tracks if track.file == file]


def parse_sheet(text: str) -> Sheet:
    """Parse a sheet. Skips unknown lines. Raises `InvalidRequest` if the sheet makes no sense."""
    sheet = Sheet()
    track: CueTrack | None = None
    audio = True
    for number, words in _lines(text):
        command, values = words[0].upper(), words[1:]
        if command == "TRACK":
            audio = len(values) < 2 or values[1].upper() == "AUDIO"
            track = _new_track(sheet, values, number) if audio else None
        elif command == "FILE":
            _new_file(sheet, values, number)
        elif command == "INDEX" and track is not None:
            _index(sheet, track, values, number)
        elif command == "REM" and len(values) > 1 and track is None and audio:
            sheet.remarks.setdefault(values[0].lower(), " ".join(values[1:]))
        elif command in {"TITLE", "PERFORMER", "SONGWRITER"} and (track is not None or audio):
            setattr(track if track is not None else sheet, command.lower(), " ".join(values).strip())
        elif command == "ISRC" and track is not None:
            track.isrc = "".join(values)
    _check(sheet)
    return sheet


def frames_of(time: str) -> int:
    """Return the frames of a time `MM:SS:FF`. Raises `ValueError`."""
    match = _TIME.fullmatch(time)
    if match is None:
        raise ValueError("a time is MM:SS:FF")
    minutes, seconds, frames = (int(part) for part in match.groups())
    if seconds >= 60 or frames >= FRAMES:
        raise ValueError("seconds go up to 59, frames up to 74")
    return (minutes * 60 + seconds) * FRAMES + frames


def sample_of(frames: int, rate: int) -> int:
    """Return the sample at which a time begins: exact if 75 divides the rate, else rounded down."""
    return frames * rate // FRAMES


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        words = [quoted or plain for quoted, plain in _WORD.findall(line)]
        if words and words[0]:
            yield number, words


def _new_track(sheet: Sheet, values: list[str], line: int) -> CueTrack:
    if not values or not values[0].isascii() or not values[0].isdigit() or len(values[0]) > 3:
        raise _wrong(line, "TRACK needs a number")
    if len(sheet.tracks) >= MAX_TRACKS:
        raise _wrong(line, f"more than {MAX_TRACKS} tracks")
    track = CueTrack(int(values[0]))
    sheet.tracks.append(track)
    return track


def _new_file(sheet: Sheet, values: list[str], line: int) -> None:
    if not values or len(sheet.files) >= MAX_FILES:
        raise _wrong(line, f"FILE needs a name, and there may be {MAX_FILES}")
    kind = values.pop() if len(values) > 1 else ""  # names with spaces are not always quoted
    sheet.files.append(" ".join(values) or kind)


def _index(sheet: Sheet, track: CueTrack, values: list[str], line: int) -> None:
    """Store INDEX 01. INDEX 00, the pregap, stays with the previous track; later indexes lie within the track."""
    try:
        which, start = int(values[0]), frames_of(values[1])
    except (IndexError, ValueError) as error:
        raise _wrong(line, f"expected INDEX NN MM:SS:FF ({error})") from None
    if which == 1:
        if not sheet.files:
            raise _wrong(line, "INDEX before any FILE")
        track.file, track.start = len(sheet.files) - 1, start


def _check(sheet: Sheet) -> None:
    if not sheet.files or not sheet.tracks:
        raise InvalidRequest("cue_file: the sheet names no file or no audio track", {"field": "cue_file"})
    last = (-1, -1)
    for track in sheet.tracks:
        place = (track.file, track.start)
        if track.start < 0:
            raise InvalidRequest(f"cue_file: track {track.number} has no INDEX 01", {"field": "cue_file"})
        if place <= last:
            raise InvalidRequest(
                f"cue_file: track {track.number} does not begin after the previous one", {"field": "cue_file"}
            )
        last = place


def _wrong(line: int, reason: str) -> InvalidRequest:
    return InvalidRequest(f"cue_file, line {line}: {reason}", {"field": "cue_file", "line": line})
