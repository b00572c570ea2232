"""The results of analyses, in `state.db`: scores and facts by audio id."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from broker.events import EventPublisher
from contract.events import LabelsChanged
from contract.labels import AudioAnalysis
from contract.vocabulary import VERSION
from workers.library.catalogue.catalogue import MAX_VALUES
from workers.library.labels.packing import packed_facts, packed_scores
from workers.library.state.database import StateDatabase

#: Seconds between two events about changes.
TELL_SECONDS: Final = 1.0
#: Tracks whose labels a page shows: those that are present and were analysed.
_PRESENT: Final = "track JOIN heard ON heard.audio_id = track.audio_id WHERE track.audio_id <> ''"


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of a track's analysis; `scores` and `facts` are packed, None if they are not known."""

    track_id: str
    audio_id: str
    scores: bytes | None
    facts: bytes | None


class LabelStore:
    """The table `heard`. Thread-safe."""

    def __init__(self, state: StateDatabase, events: EventPublisher) -> None:
        self._state = state
        self._events = events
        self._tell_at = 0.0

    def put(self, found: Iterable[tuple[str, AudioAnalysis]], *, exact: bool = True) -> None:
        """Keep analyses by audio id. What an analysis lacks stays as it was; exact scores are never overwritten.

        `exact`: the scores come from the taggers, not from a stored vector.
        """
        with self._state.write() as connection:
            revision = _next_revision(connection)
            for audio_id, analysis in found:
                scores = None if analysis.scores is None else packed_scores(analysis.scores)
                facts = None if analysis.facts is None else packed_facts(analysis.facts)
                connection.execute(
                    "INSERT INTO heard (audio_id, version, scores, exact, facts, revision) VALUES (?1,?2,?3,?4,?5,?6) "
                    "ON CONFLICT DO UPDATE SET revision = ?6, facts = coalesce(?5, facts), "
                    "attempts = CASE WHEN ?5 IS NULL THEN attempts ELSE 0 END, "
                    "scores = CASE WHEN ?3 IS NOT NULL AND (?4 OR NOT exact OR version <> ?2) THEN ?3 ELSE scores END, "
                    "exact = CASE WHEN ?3 IS NOT NULL AND (?4 OR NOT exact OR version <> ?2) THEN ?4 ELSE exact END, "
                    "version = CASE WHEN ?3 IS NOT NULL THEN ?2 ELSE version END",
                    (audio_id, analysis.version, scores, exact and scores is not None, facts, revision),
                )
        self.tell()

    def touch(self, audio_ids: Sequence[str]) -> None:
        """Note that further tracks have this audio, so that readers of changes get them."""
        with self._state.write() as connection:
            revision = _next_revision(connection)
            sql = "UPDATE heard SET revision = ? WHERE audio_id = ?"
            connection.executemany(sql, [(revision, audio_id) for audio_id in audio_ids])

    def failed(self, audio_id: str) -> None:
        """Count a failure to hear the signal."""
        with self._state.write() as connection:
            connection.execute(
                "INSERT INTO heard (audio_id, attempts, revision) VALUES (?, 1, ?) "
                "ON CONFLICT DO UPDATE SET attempts = attempts + 1",
                (audio_id, _next_revision(connection)),
            )

    def tell(self, *, now: bool = False) -> None:
        """Publish that labels changed, once a second at most; `now`: regardless."""
        if now or time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_SECONDS
            self._events.tell(LabelsChanged(heard=self.count(), revision=self.revision()))

    def of(self, track_ids: Sequence[str]) -> dict[str, Heard]:
        """Return what was heard in these tracks, by id."""
        found: dict[str, Heard] = {}
        for start in range(0, len(track_ids), MAX_VALUES):
            part = list(track_ids[start : start + MAX_VALUES])
            found |= {one.track_id: one for one in self._select(f"AND track.id IN ({','.join('?' * len(part))})", part)}
        return found

    def page(self, after: str, limit: int, since: int) -> list[Heard]:
        """Return what was heard in up to `limit` present tracks with ids above `after`, changed after `since`."""
        return self._select(
            "AND track.vanished_at IS NULL AND track.id > ? AND heard.revision > ? ORDER BY track.id LIMIT ?",
            [after, since, limit],
        )

    def sample(self, most: int) -> list[bytes]:
        """Return the scores of up to `most` recordings: a random sample, as audio ids are hashes."""
        sql = "SELECT scores FROM heard WHERE scores IS NOT NULL AND version = ? ORDER BY audio_id LIMIT ?"
        return [bytes(row[0]) for row in self._state.rows(sql, (VERSION, most))]

    def revision(self) -> int:
        """Return the newest revision; 0 if nothing was heard."""
        row = self._state.row("SELECT max(revision) FROM heard")
        return int(row[0] or 0) if row else 0

    def count(self) -> int:
        """Return how many recordings have labels or facts."""
        row = self._state.row("SELECT count(*) FROM heard WHERE scores IS NOT NULL OR facts IS NOT NULL")
        return int(row[0]) if row else 0

    def _select(self, where: str, values: Sequence[object]) -> list[Heard]:
        scores = f"CASE version WHEN {VERSION} THEN scores END"
        sql = f"SELECT track.id, heard.audio_id, {scores}, facts FROM {_PRESENT} {where}"
        return [
            Heard(str(track_id), str(audio_id), scores, facts)
            for track_id, audio_id, scores, facts in self._state.rows(sql, values)
        ]


def _next_revision(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT coalesce(max(revision), 0) + 1 FROM heard").fetchone()
    return int(row[0])
