"""What the broker counts; `mmi.queues` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Since the broker started."""

    requests: int = 0
    replies: int = 0
    errors: int = 0
    #: Frames that are no Majordomo message, or of nobody we know.
    malformed: int = 0
    #: Retries that found their first attempt still under way.
    reattached: int = 0
    redelivered: int = 0
    poisoned: int = 0
    expired: int = 0
    cancelled: int = 0
    rejected: int = 0
    #: Answers to requests that were given up or sent elsewhere.
    late: int = 0
    #: Messages to peers that had left or do not read.
    undeliverable: int = 0
    workers_lost: int = 0
