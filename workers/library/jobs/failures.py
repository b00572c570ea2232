"""`batch.failures`: the tracks without a vector, and those embedded with a warning."""

from __future__ import annotations

from typing import Any, Final

from contract.jobs import Failure
from workers.library.navidrome.paths import restored, shown
from workers.library.state.database import StateDatabase

_COLUMNS: Final = (
    "track.id, track.title, track.artist, track.path, ledger.model, ledger.state, ledger.code, ledger.message, "
    "ledger.attempts, ledger.warning, ledger.warning_message"
)
_FAILED: Final = "ledger.state = 'failed'"
_WARNED: Final = "(ledger.state = 'done' AND ledger.warning <> '')"


def failures(
    state: StateDatabase, offset: int, limit: int, *, warnings: bool, failed: bool = True, job_id: str | None = None
) -> tuple[int, list[Failure]]:
    """Return their total number and one page, failures first; of one job, or of all generations in service.

    `failed` and `warnings`: which of the two to include.
    """
    wanted = [_FAILED] * failed + [_WARNED] * warnings
    where = f"({' OR '.join(wanted) or 'FALSE'})"
    source = "ledger JOIN track ON track.id = ledger.track_id LEFT JOIN model ON model.name = ledger.model"
    values: list[Any] = []
    if job_id is None:
        where += " AND ledger.generation = coalesce(model.generation, '') AND track.vanished_at IS NULL"
    else:
        where += " AND ledger.job_id = ?"
        values.append(job_id)
    row = state.row(f"SELECT count(*) FROM {source} WHERE {where}", values)
    rows = state.rows(
        f"SELECT {_COLUMNS} FROM {source} WHERE {where} "
        "ORDER BY ledger.state = 'done', ledger.model, track.path LIMIT ? OFFSET ?",
        [*values, limit, offset],
    )
    return int(row[0]) if row else 0, [_line(columns) for columns in rows]


def _line(row: tuple[Any, ...]) -> Failure:
    track_id, title, artist, path, model, state, code, message, attempts, warning, warning_message = row
    failed = state == "failed"
    return Failure(
        track_id=track_id,
        title=title,
        artist=artist,
        path=shown(restored(path)),
        model=model,
        code=code if failed else warning,
        message=message if failed else warning_message,
        attempts=attempts if failed else 1,
        kind="failure" if failed else "warning",
    )
