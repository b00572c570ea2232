"""Finds tracks that the settings keep out of lists, unless a list starts from such a track."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from contract.library import UnlistedBy, UnlistedKind
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.list_settings import ListSettings
from workers.library.navidrome.database import NavidromeDatabase


class UnlistedReader:
    """Reads the kinds from Navidrome's database and the catalogue. Thread-safe.

    Both methods raise `NavidromeUnavailable`.
    """

    def __init__(self, settings: ListSettings, database: NavidromeDatabase, catalogue: Catalogue) -> None:
        self._settings = settings
        self._database = database
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._fingerprint: object = None
        self._signature: object = None
        self._genres: dict[str, list[str]] = {}

    def kinds(self) -> list[UnlistedKind]:
        """Return the kinds that have tracks."""
        wanted = self._settings
        kinds = [UnlistedKind(by="genre", value=genre, track_ids=tracks) for genre, tracks in self._of_genres().items()]
        names = {name.casefold() for name in wanted.exclude_libraries}
        kinds += [
            self._kind("library", library.name, "library_id = ?", library.id)
            for library in self._catalogue.libraries()
            if names & {library.name.casefold(), str(library.id)}
        ]
        if wanted.exclude_shorter:
            shorter = "duration > 0 AND duration < ?"  # 0: unknown duration
            kinds.append(self._kind("shorter", f"{wanted.exclude_shorter:g} s", shorter, wanted.exclude_shorter))
        if wanted.exclude_longer:
            kinds.append(self._kind("longer", f"{wanted.exclude_longer:g} s", "duration > ?", wanted.exclude_longer))
        return [kind for kind in kinds if kind.track_ids]

    def ids(self) -> frozenset[str]:
        """Return the track ids of all kinds."""
        return tracks_of(self.kinds())

    def _of_genres(self) -> dict[str, list[str]]:
        """Return tracks by genre. Reads them again only after a scan, because that goes through every track."""
        if not self._settings.exclude_genres:
            return {}
        with self._lock:
            fingerprint = self._database.fingerprint()
            if not fingerprint or fingerprint != self._fingerprint:
                signature = self._database.signature()
                if signature != self._signature:
                    self._genres = self._database.tracks_of_genres(self._settings.exclude_genres)
                self._fingerprint, self._signature = fingerprint, signature
            return self._genres

    def _kind(self, by: UnlistedBy, value: str, where: str, number: float) -> UnlistedKind:
        return UnlistedKind(by=by, value=value, track_ids=self._catalogue.ids_where(where, number))


def tracks_of(kinds: Iterable[UnlistedKind]) -> frozenset[str]:
    """Return the track ids of these kinds."""
    return frozenset(track_id for kind in kinds for track_id in kind.track_ids)
