"""Processes uploads: checks them, cuts them if a CUE sheet came along, embeds and compares them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from contract.uploads import Uploaded, UploadPart, UploadRequest
from contract.warnings import Warned, once
from workers.audio.identity import audio_id as compute_audio_id
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.uploads.allowed_folders import AllowedFolders
from workers.library.uploads.cue.splitting import Splitter
from workers.library.uploads.duplicates import SameAudio
from workers.library.uploads.scanned import Scanned
from workers.library.uploads.similar import SimilarAudio
from workers.library.uploads.tags import FileTags, read_tags
from workers.library.uploads.timing import UploadLimit
from workers.library.uploads.vectors import UploadVectors

#: Largest CUE sheet, in bytes.
MAX_SHEET_BYTES: Final = 1024 * 1024
#: Tags to return for an upload: names in the reply, with the names in the file's `FileTags`.
_TOLD: Final = {
    "title": "title",
    "artist": "artist",
    "album": "album",
    "albumArtist": "albumartist",
    "trackNumber": "tracknumber",
    "discNumber": "discnumber",
    "date": "date",
    "genre": "genre",
    "composer": "composer",
}


@dataclass(slots=True)
class FoundDuplicates:
    """Duplicates of one file as "Artist - Title", best first, and warnings."""

    labels: list[str]
    warnings: list[Warned]


class Uploads:
    """Processes several uploads at once, each in its own thread."""

    def __init__(
        self,
        allowed: AllowedFolders,
        splitter: Splitter,
        catalogue: Catalogue,
        scanned: Scanned,
        same: SameAudio,
        similar: SimilarAudio,
        vectors: UploadVectors,
        most_bytes: int,
    ) -> None:
        self._allowed = allowed
        self._splitter = splitter
        self._catalogue = catalogue
        self._scanned = scanned
        self._same = same
        self._similar = similar
        self._vectors = vectors
        self._most_bytes = most_bytes

    def process(self, upload: UploadRequest, limit: UploadLimit) -> Uploaded:
        """Return the result of `uploads.process`. Raises a `MeshError` that says what is wrong with the upload."""
        music = self._allowed.find(upload.music, "music_file", self._most_bytes)
        cue = self._allowed.find(upload.cue, "cue_file", MAX_SHEET_BYTES) if upload.cue else ""
        tags = read_tags(music)
        parts: list[UploadPart] = []
        if cue:
            parts = self._splitter.split(music, cue, upload.name or PurePath(upload.music).name, limit)
        files = [(part.path, part.duration) for part in parts] or [(music, tags.duration)]
        duplicates = [self._look_at(path, duration, upload, limit) for path, duration in files]
        return Uploaded(
            duplicates=_once(label for each in duplicates for label in each.labels),
            all_duplicates=all(each.labels for each in duplicates),
            tags=_told(tags),
            parts=parts,
            warnings=once(warning for each in duplicates for warning in each.warnings),
        )

    def _look_at(self, path: str, duration: float, upload: UploadRequest, limit: UploadLimit) -> FoundDuplicates:
        limit.check("the upload was not examined in time")
        audio_id = compute_audio_id(path)
        own = self._scanned.find(upload.track_id) if upload.track_id else None
        same = self._same.find(audio_id, duration, limit)
        warnings = self._vectors.make(path, audio_id, duration, limit)
        alike: Sequence[CatalogueTrack] = ()
        if upload.threshold is not None:
            alike, reasons = self._alike(audio_id, upload.threshold, limit)
            warnings = [*warnings, *reasons]
        labels = (entry.label for entry in (*same, *alike) if own is None or entry.id != own.id)
        return FoundDuplicates(_once(labels), warnings)

    def _alike(self, audio_id: str, threshold: float, limit: UploadLimit) -> tuple[list[CatalogueTrack], list[Warned]]:
        """Return tracks that sound alike, the most similar first."""
        scores, warnings = self._similar.find(audio_id, threshold, limit)
        ranked = sorted(scores, key=lambda track_id: (-scores[track_id], track_id))
        return self._catalogue.entries(ranked), warnings


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _told(tags: FileTags) -> dict[str, str]:
    return {ours: value for ours, theirs in _TOLD.items() if (value := tags.first(theirs))}
