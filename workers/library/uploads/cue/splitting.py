"""Splits an upload with a CUE sheet into one FLAC file per track."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
import soundfile

from contract.errors import FileUnreadable, InvalidRequest
from contract.filenames import safe_name, unique_name
from contract.uploads import UploadPart
from workers.library.uploads.cue.choice import choose_file
from workers.library.uploads.cue.cutting import cut
from workers.library.uploads.cue.folders import PartFolders
from workers.library.uploads.cue.sheet import CueTrack, Sheet, parse_sheet
from workers.library.uploads.cue.tagging import tags_of, title_of, write_tags
from workers.library.uploads.cue.text import decode
from workers.library.uploads.tags import read_tags
from workers.library.uploads.timing import UploadLimit

SUFFIX: Final = ".flac"


class Splitter:
    """Writes parts into new folders of `folders`."""

    def __init__(self, folders: PartFolders) -> None:
        self._folders = folders

    def split(self, music: str, cue: str, name: str, limit: UploadLimit) -> list[UploadPart]:
        """Split the file that its sender calls `name`; return its parts in order. Raises a `MeshError` if it cannot."""
        sheet = parse_sheet(decode(Path(cue).read_bytes()))
        tracks = sheet.of_file(choose_file(sheet.files, name))
        if not tracks:
            raise InvalidRequest("cue_file: no track begins in this file", {"field": "cue_file"})
        folder = self._folders.make()
        try:
            return _write(sheet, tracks, music, folder, limit)
        except (OSError, soundfile.SoundFileError, av.FFmpegError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise FileUnreadable(f"the parts cannot be written to {folder}: {error}") from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _write(sheet: Sheet, tracks: Sequence[CueTrack], music: str, folder: Path, limit: UploadLimit) -> list[UploadPart]:
    whole = read_tags(music, pictures=True)
    targets = [folder / f"{place:02d}{SUFFIX}" for place in range(1, len(tracks) + 1)]
    durations = cut(music, tracks, targets, limit)
    parts: list[UploadPart] = []
    taken: set[str] = set()
    for track, target, duration in zip(tracks, targets, durations, strict=True):
        tags = tags_of(sheet, track, whole, len(sheet.tracks))
        write_tags(target, tags, whole)
        name = unique_name(safe_name(f"{track.number:02d} - {title_of(track)}", SUFFIX), taken)
        taken.add(name.casefold())
        artist, album, album_artist = ("".join(tags.get(key, [])) for key in ("artist", "album", "albumartist"))
        parts.append(
            UploadPart(
                path=str(target),
                dest_name=name,
                index=track.number,
                title=title_of(track),
                artist=artist,
                album=album,
                album_artist=album_artist,
                duration=duration,
            )
        )
    return parts
