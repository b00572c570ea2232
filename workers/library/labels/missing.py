"""Which recordings lack labels or facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contract.vocabulary import VERSION
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.state.database import StateDatabase

#: Models whose stored vectors hold what the taggers heard.
SCORED_MODELS: Final = ("fusion", "musicnn")
#: How often to try a recording that cannot be analysed.
MAX_ATTEMPTS: Final = 3

#: Present tracks that were embedded, one per recording, and what was heard in it.
_KNOWN: Final = (
    "FROM track LEFT JOIN heard ON heard.audio_id = track.audio_id WHERE track.vanished_at IS NULL "
    "AND track.audio_id <> '' AND track.audio_stamp = track.stamp "
    "AND EXISTS (SELECT 1 FROM ledger WHERE ledger.track_id = track.id AND ledger.audio_id = track.audio_id)"
)
_SILENT: Final = "heard.facts IS NULL AND coalesce(heard.attempts, 0) < ?"
_WITHOUT_SCORES: Final = "(heard.scores IS NULL OR heard.version <> ?)"
#: Tracks whose recording has a vector of a model and its generation.
_EMBEDDED: Final = (
    "EXISTS (SELECT 1 FROM ledger WHERE (model, generation) IN (VALUES {}) AND ledger.track_id = track.id "
    "AND state = 'done' AND ledger.audio_id = track.audio_id)"
)


@dataclass(frozen=True, slots=True)
class Unheard:
    """A recording whose signal has not been heard, by one of its tracks; `scored`: it has labels already."""

    entry: CatalogueTrack
    scored: bool


class MissingLabels:
    """Queries of `state.db`."""

    def __init__(self, state: StateDatabase, catalogue: Catalogue) -> None:
        self._state = state
        self._catalogue = catalogue

    def any(self) -> bool:
        """Return whether the signal of any recording has not been heard."""
        return self._state.row(f"SELECT 1 {_KNOWN} AND {_SILENT} LIMIT 1", (MAX_ATTEMPTS,)) is not None

    def unheard(self, *, everything: bool = False) -> list[Unheard]:
        """Return the recordings without facts, or all of them, in the order of their tracks' ids."""
        where = "" if everything else f"AND {_SILENT}"
        rows = self._state.rows(
            f"SELECT min(track.id), heard.scores IS NOT NULL AND heard.version = ? {_KNOWN} {where} "
            "GROUP BY track.audio_id ORDER BY 1",
            (VERSION, *(() if everything else (MAX_ATTEMPTS,))),
        )
        scored = {str(track_id): bool(known) for track_id, known in rows}
        entries = self._catalogue.entries(list(scored))
        return [Unheard(entry, scored[entry.id]) for entry in entries if entry.id in scored]

    def without_scores(self, model: str, generation: str) -> dict[str, str]:
        """Return audio ids by track id: recordings without labels that have a vector of the model."""
        rows = self._state.rows(
            f"SELECT min(track.id), track.audio_id {_KNOWN} AND {_WITHOUT_SCORES} AND {_EMBEDDED.format('(?, ?)')} "
            "GROUP BY track.audio_id ORDER BY 1",
            (VERSION, model, generation),
        )
        return {str(track_id): str(audio_id) for track_id, audio_id in rows}

    def scorable(self, generations: Mapping[str, str]) -> int:
        """Return how many recordings have no labels but a vector of one of these models, by their generations."""
        pairs = ", ".join("(?, ?)" for _ in generations)
        row = self._state.row(
            f"SELECT count(DISTINCT track.audio_id) {_KNOWN} AND {_WITHOUT_SCORES} AND {_EMBEDDED.format(pairs)}",
            (VERSION, *(value for pair in generations.items() for value in pair)),
        )
        return int(row[0]) if row else 0
