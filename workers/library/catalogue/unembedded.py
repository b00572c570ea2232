"""`tracks.unembedded`: the tracks that a model has no vector of, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from contract.errors import InvalidRequest
from contract.message import common
from contract.upkeep import Lack, Unembedded, UnembeddedRequest, UnembeddedTrack
from workers.library.catalogue.catalogue import COLUMNS, CatalogueTrack
from workers.library.catalogue.tracks import track_at
from workers.library.state.database import StateDatabase
from workers.models.registry import MODELS

_TRACK: Final = ", ".join(f"track.{name}" for name in COLUMNS.split(", "))
#: Rows of vectors in service: a row that is pending again keeps the `model_id` of the vector that it still has.
_FROM: Final = (
    "FROM track LEFT JOIN ledger ON ledger.track_id = track.id AND ledger.model = ?1 "
    "AND ledger.generation = coalesce((SELECT generation FROM model WHERE name = ?1), '') "
    "LEFT JOIN job ON job.id = ledger.job_id "
    "WHERE track.vanished_at IS NULL AND (ledger.state IS NULL OR ledger.state = 'failed' "
    "OR (ledger.state = 'pending' AND ledger.model_id = ''))"
)


def unembedded(state: StateDatabase, request: UnembeddedRequest, locate: Callable[[CatalogueTrack], str]) -> Unembedded:
    """Return one page. `locate` gives the path to show. Raises `InvalidRequest` for an unknown model."""
    if request.model not in MODELS:
        known = ", ".join(MODELS)
        raise InvalidRequest(f"model: no model is called {request.model!r}; there are {known}", {"field": "model"})
    row = state.row(f"SELECT count(*) {_FROM}", (request.model,))
    rows = state.rows(
        f"SELECT {_TRACK}, '', ledger.state, ledger.code, ledger.message, ledger.attempts, job.status {_FROM} "
        "ORDER BY track.library_id, track.path LIMIT ?2 OFFSET ?3",
        (request.model, request.limit, request.offset),
    )
    tracks = []
    for *columns, outcome, code, message, attempts, job in rows:
        entry = CatalogueTrack.of(columns)
        tracks.append(
            common(
                track_at(entry, locate(entry)),
                UnembeddedTrack,
                reason=_reason(outcome, job),
                code=code or "",
                message=message or "",
                attempts=attempts or 0,
            )
        )
    return Unembedded(total=int(row[0]) if row else 0, tracks=tracks)


def _reason(outcome: str | None, job: str | None) -> Lack:
    if outcome is None:
        return "new"
    if outcome == "failed":
        return "failed"
    return "cancelled" if job == "cancelled" else "pending"
