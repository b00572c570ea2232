"""What a job has to do: which tracks of the catalogue are due with which model."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from contract.errors import DecodeFailed, EmptyAudio, FileMissing, FileUnreadable, SilentAudio
from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.ledger import FAILED, PENDING, Ledger, LedgerRow
from workers.library.jobs.records import EmbedOptions

#: Failures that a retry cannot fix: the file must change, or somebody must ask.
FINAL_CODES: Final = frozenset(error.code for error in (DecodeFailed, EmptyAudio, SilentAudio))
#: Failures of the disk or share: they pass, so retries never end.
UNAVAILABLE_CODES: Final = frozenset(error.code for error in (FileMissing, FileUnreadable))
#: How often a track is tried automatically after any other failure.
MAX_ATTEMPTS: Final = 3
#: Seconds before an automatic job retries a failed track.
RETRY_SECONDS: Final = 600.0
#: The same after the first failure of the disk, and at most: each pause is twice the previous one.
UNAVAILABLE_SECONDS: Final = (10.0, 6 * 3600.0)


@dataclass(frozen=True, slots=True)
class DueRule:
    """Decides what is due.

    `model_id` is the model's current id, "" if unknown. `held`: ids of cancelled jobs; an automatic job skips the
    tracks that they left, until the file changes.
    """

    options: EmbedOptions
    model_id: str
    now: float
    held: Collection[str] = ()

    def due(self, entry: CatalogueTrack, row: LedgerRow | None) -> bool:
        """Return whether the track has no vector, or not one of this file, these tags and this model."""
        if row is None:
            return True
        if row.state == PENDING:
            return not (self.options.automatic and row.job_id in self.held and row.stamp == entry.stamp)
        if row.state == FAILED:
            return self._try_again(entry, row)
        other_model = bool(self.model_id) and row.model_id != self.model_id
        if row.warning and self.options.retry_failed:
            return True
        return row.stamp != entry.stamp or row.tags != entry.tags or other_model

    def _try_again(self, entry: CatalogueTrack, row: LedgerRow) -> bool:
        if self.starts_over(entry, row):
            return True
        if _given_up(row):
            return False
        return not self.options.automatic or row.updated_at + _pause(row) <= self.now

    def ever(self, entry: CatalogueTrack, row: LedgerRow | None) -> bool:
        """Return whether the track is due now or will be without anybody asking."""
        if row is not None and row.state == FAILED:
            return self.starts_over(entry, row) or not _given_up(row)
        return self.due(entry, row)

    def starts_over(self, entry: CatalogueTrack, row: LedgerRow) -> bool:
        """Return whether to ignore earlier attempts and what was read of the file: it failed or was read in part."""
        if row.state == FAILED:
            return self.options.retry_failed or row.stamp != entry.stamp
        return bool(row.warning) and self.options.retry_failed


def _given_up(row: LedgerRow) -> bool:
    """Return whether a failure stays until the file changes or somebody asks."""
    return row.code in FINAL_CODES or (row.attempts >= MAX_ATTEMPTS and row.code not in UNAVAILABLE_CODES)


def _pause(row: LedgerRow) -> float:
    return unavailable_pause(row.attempts) if row.code in UNAVAILABLE_CODES else RETRY_SECONDS


def unavailable_pause(attempts: int) -> float:
    """Return the seconds between a failure of the disk and the next try; 0 without attempts."""
    first, longest = UNAVAILABLE_SECONDS
    return min(first * 2.0 ** min(attempts - 1, 20), longest) if attempts else 0.0


def due(tracks: Iterable[tuple[CatalogueTrack, LedgerRow | None]], rule: DueRule) -> tuple[list[str], list[str]]:
    """Return the ids of the due tracks, and of those among them whose attempts start over."""
    wanted = None if rule.options.track_ids is None else set(rule.options.track_ids)
    ids, over = [], []
    for entry, row in tracks:
        if (wanted is None or entry.id in wanted) and rule.due(entry, row):
            ids.append(entry.id)
            if row is not None and rule.starts_over(entry, row):
                over.append(entry.id)
    return ids, over


def plan(ledger: Ledger, rule: DueRule, job_id: str) -> tuple[int, list[str]]:
    """Make due tracks pending for a job; return their number and the ids of those whose attempts start over."""
    planned = due(ledger.joined(), rule)
    return len(_put_down(ledger, planned, job_id)), planned[1]


def plan_news(ledger: Ledger, rule: DueRule, job_id: str) -> list[str]:
    """Make tracks that are new or changed since the plan pending for a running job; return their ids.

    Skips tracks that the job has already had: the next job takes them.
    """
    news = ((entry, row) for entry, row in ledger.joined(changed=True) if row is None or row.job_id != job_id)
    return _put_down(ledger, due(news, rule), job_id)


def _put_down(ledger: Ledger, planned: tuple[list[str], list[str]], job_id: str) -> list[str]:
    ids, over = planned
    ledger.reset_attempts(over)
    ledger.plan(ids, job_id)
    return ids
