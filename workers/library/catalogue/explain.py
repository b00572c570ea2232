"""`tracks.why`: what the ledger knows about one track."""

from __future__ import annotations

from typing import Final

import orjson

from contract.library import ModelOfTrack
from workers.library.state.database import StateDatabase

_FIELDS: Final = ("state", "code", "message", "attempts", "model_id", "audio_id", "warning", "updated_at")


def explain(state: StateDatabase, track_id: str) -> dict[str, ModelOfTrack]:
    """Return the ledger row of a track by model: state, error, attempts, source of the vector, seconds by stage.

    Covers the generation in service.
    """
    rows = state.rows(
        f"SELECT ledger.model, stages, {', '.join(f'ledger.{name}' for name in _FIELDS)} FROM ledger "
        "LEFT JOIN model ON model.name = ledger.model WHERE track_id = ? "
        "AND ledger.generation = coalesce(model.generation, '') ORDER BY ledger.model",
        (track_id,),
    )
    return {
        model: ModelOfTrack(**dict(zip(_FIELDS, values, strict=True)), seconds=orjson.loads(stages))
        for model, stages, *values in rows
    }
