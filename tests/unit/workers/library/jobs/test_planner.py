"""What is due, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.library import LedgerState
from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.due import MAX_ATTEMPTS, RETRY_SECONDS, UNAVAILABLE_CODES, UNAVAILABLE_SECONDS, DueRule
from workers.library.jobs.items import LONG_SECONDS, Item, WorkQueue
from workers.library.jobs.ledger import LedgerRow
from workers.library.jobs.records import EmbedOptions

NOW = 1_800_000_000.0


def entry(duration: float = 200.0, **fields: Any) -> CatalogueTrack:
    values = {"id": "a", "library_id": 1, "path": "a", "title": "", "artist": "", "artist_id": "", "album": ""}
    rest = {"album_id": "", "duration": duration, "stamp": "s1", "tags": "t1", "audio_id": ""}
    return CatalogueTrack(**{**values, **rest, **fields})


def row(state: LedgerState, **fields: Any) -> LedgerRow:
    known = {"model_id": "m1", "audio_id": "x", "stamp": "s1", "tags": "t1", "updated_at": NOW - 1}
    return LedgerRow(state, **{**known, **fields})


def rule(*, model_id: str = "m1", held: tuple[str, ...] = (), **options: Any) -> DueRule:
    return DueRule(EmbedOptions(("spectral",), **options), model_id, NOW, held)


@pytest.mark.parametrize(
    ("known", "due"),
    [
        (None, True),
        (row("done"), False),
        (row("done", stamp="s0"), True),
        (row("done", tags="t0"), True),
        (row("done", model_id="m0"), True),
        (row("pending"), True),
        (row("failed", code="model_failed", attempts=1), True),
        (row("failed", code="model_failed", attempts=MAX_ATTEMPTS), False),
        (row("failed", code="model_failed", attempts=MAX_ATTEMPTS, stamp="s0"), True),
        (row("failed", code="file_missing", attempts=50), True),
        (row("failed", code="file_unreadable", attempts=50), True),
        (row("done", warning="truncated_audio"), False),
        (row("failed", code="silent_audio", attempts=1), False),
        (row("failed", code="silent_audio", attempts=1, stamp="s0"), True),
        (row("failed", code="decode_failed", attempts=1), False),
        (row("failed", code="empty_audio", attempts=1), False),
    ],
)
def test_what_a_job_does(known: LedgerRow | None, due: bool) -> None:
    assert rule().due(entry(), known) is due


def test_what_failed_is_tried_again_when_asked() -> None:
    asked = rule(retry_failed=True)
    for code in ("silent_audio", "decode_failed", "model_failed"):
        assert asked.due(entry(), row("failed", code=code, attempts=MAX_ATTEMPTS))
    assert not asked.due(entry(), row("done"))
    assert asked.due(entry(), row("done", warning="truncated_audio"))
    assert asked.starts_over(entry(), row("done", warning="truncated_audio"))


@pytest.mark.parametrize("code", sorted(UNAVAILABLE_CODES))
def test_a_failing_disk_is_tried_without_end_and_ever_more_seldom(code: str) -> None:
    automatic = rule(automatic=True)
    first, longest = UNAVAILABLE_SECONDS
    for attempts, pause in ((1, first), (2, 2 * first), (4, 8 * first), (40, longest), (4000, longest)):
        known = row("failed", code=code, attempts=attempts, updated_at=NOW - pause)
        assert automatic.due(entry(), known)
        assert not automatic.due(entry(), replace(known, updated_at=NOW - pause + 1))
        assert automatic.ever(entry(), replace(known, updated_at=NOW))
    # At once when it is there again
    assert automatic.due(entry(), row("failed", code=code, attempts=0, updated_at=NOW))


def test_an_unknown_model_id_is_no_reason() -> None:
    assert not rule(model_id="").due(entry(), row("done"))


def test_a_job_of_its_own_accord_waits_and_leaves_what_was_cancelled() -> None:
    automatic = rule(automatic=True, held=("gone",))
    # Failures come again later
    assert not automatic.due(entry(), row("failed", code="model_failed", attempts=1))
    assert automatic.due(entry(), row("failed", code="model_failed", attempts=1, updated_at=NOW - RETRY_SECONDS))
    # What a cancelled job left comes again when the file changed
    assert not automatic.due(entry(), row("pending", job_id="gone"))
    assert automatic.due(entry(), row("pending", job_id="gone", stamp="s0"))
    assert automatic.due(entry(), row("pending", job_id=""))


def test_long_tracks_are_started_early_but_not_alone() -> None:
    # Given
    lengths = [100.0, LONG_SECONDS, 100.0, 3 * LONG_SECONDS, 100.0, 100.0, 100.0]
    items = [Item(entry(duration, id=str(n)), LedgerRow("pending"), "") for n, duration in enumerate(lengths)]
    long = [items[3], items[1]]
    queue = WorkQueue(long, [item for item in items if item not in long])
    # When
    order = []
    while queue:
        order.append(queue.take().entry.id)
    # Then
    assert order == ["3", "0", "2", "4", "1", "5", "6"]
    with pytest.raises(IndexError):
        queue.take()
