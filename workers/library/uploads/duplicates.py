"""Finds the tracks of the library that have the same audio as an upload."""

from __future__ import annotations

from typing import Final

from contract.errors import DecodeFailed, EmptyAudio, MeshError
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.state.database import StateDatabase
from workers.library.uploads.timing import UploadLimit

#: Seconds by which Navidrome's duration may differ from ours.
SAME_DURATION_SECONDS: Final = 1.5
#: Maximum number of files whose audio id is computed for one upload, closest duration first.
MAX_COMPUTED: Final = 25


class SameAudio:
    """Finds tracks by `audio_id`, including those that no job has processed yet."""

    def __init__(self, state: StateDatabase, catalogue: Catalogue, watcher: NavidromeWatcher) -> None:
        self._state = state
        self._catalogue = catalogue
        self._watcher = watcher
        #: Files that no decoder can read, as (track id, stamp), so that we do not try them again.
        self._undecodable: set[tuple[str, str]] = set()

    def find(self, audio_id: str, duration: float, limit: UploadLimit) -> list[CatalogueTrack]:
        """Return the present tracks with this audio, which lasts `duration` seconds."""
        by_id = {entry.id: entry for entry in self._known(audio_id)}
        for entry in self._unknown(duration):
            limit.check("the library could not be searched for the same audio in time")
            if self._id_of(entry) == audio_id:
                by_id[entry.id] = entry
        return sorted(by_id.values(), key=lambda entry: entry.id)

    def _known(self, audio_id: str) -> list[CatalogueTrack]:
        """Search the catalogue, and the ledgers of the generations in service: a restored one may know more."""
        ledger = (
            "SELECT ledger.track_id FROM model JOIN ledger ON ledger.model = model.name "
            "AND ledger.generation = model.generation AND ledger.audio_id = ?1 AND ledger.state = 'done'"
        )
        entries = self._catalogue.select(
            "WHERE vanished_at IS NULL AND ((audio_id = ?1 AND audio_stamp = stamp) "
            f"OR (audio_stamp <> stamp AND id IN ({ledger})))",
            (audio_id,),
        )
        return entries

    def _unknown(self, duration: float) -> list[CatalogueTrack]:
        """Return tracks of this duration whose audio id is not known."""
        entries = self._catalogue.select(
            "WHERE vanished_at IS NULL AND audio_stamp <> stamp AND duration BETWEEN ? AND ? "
            "ORDER BY abs(duration - ?) LIMIT ?",
            (duration - SAME_DURATION_SECONDS, duration + SAME_DURATION_SECONDS, duration, MAX_COMPUTED),
        )
        return [entry for entry in entries if (entry.id, entry.stamp) not in self._undecodable]

    def _id_of(self, entry: CatalogueTrack) -> str:
        from workers.audio.identity import audio_id as compute_audio_id  # late: imports FFmpeg

        try:
            audio_id = compute_audio_id(self._watcher.locate(entry))
        except (MeshError, OSError, ValueError) as error:
            if isinstance(error, DecodeFailed | EmptyAudio):
                self._undecodable.add((entry.id, entry.stamp))
            return ""
        self._catalogue.keep_audio_ids([(entry.id, entry.stamp, audio_id)])
        return audio_id
