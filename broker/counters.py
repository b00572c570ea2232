"""The broker's counters, shown by `mmi.queues`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Counts since the broker started."""

    requests: int = 0
    replies: int = 0
    errors: int = 0
    #: Messages that are not valid Majordomo.
    malformed: int = 0
    #: Retries of a request that was still open.
    reattached: int = 0
    redelivered: int = 0
    poisoned: int = 0
    expired: int = 0
    cancelled: int = 0
    rejected: int = 0
    #: Replies to requests that were given up or sent elsewhere.
    late: int = 0
    #: Messages to peers that have left or do not read.
    undeliverable: int = 0
    workers_lost: int = 0
