"""Requests about the whole library: tracks without vectors, duplicates, and what pruning would forget."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from contract.bounds import Ge, Le
from contract.fields import Count
from contract.message import Message, message
from contract.track import Track

#: Most tracks or groups per page, and the default.
MAX_PAGE: Final = 1_000
PAGE: Final = 100

Offset = Annotated[int, Ge(0), Le(2**53)]
PageSize = Annotated[int, Ge(1), Le(MAX_PAGE)]
#: Why a track has no vector: new to all jobs, still to be done by a job, cancelled before its turn, or failed.
Lack = Literal["new", "pending", "cancelled", "failed"]


@message
class UnembeddedRequest(Message):
    """Asks for a page of the tracks that a model has no vector of."""

    model: str
    offset: Offset = 0
    limit: PageSize = PAGE


@message
class UnembeddedTrack(Track):
    """A track without a vector. `code` and `message` only of a failure; `attempts`: how often it was tried."""

    reason: Lack
    code: str
    message: str
    attempts: Count


@message
class Unembedded(Message):
    """One page, by path; `total` counts all."""

    total: Count
    tracks: list[UnembeddedTrack]


@message
class DuplicatesRequest(Message):
    """Asks for a page of recordings with several files."""

    offset: Offset = 0
    limit: PageSize = PAGE


@message
class Duplicate(Message):
    """Tracks with the same audio, by path."""

    audio_id: str
    tracks: list[Track]


@message
class Duplicates(Message):
    """One page, groups with most tracks first; `total` counts all groups."""

    total: Count
    #: One for each recording.
    groups: list[Duplicate]


@message
class VanishedTrack(Track):
    """A track whose file vanished. `vanished_at`, `due_at`: unix seconds; `due`: pruning now would forget it."""

    vanished_at: float
    due_at: float
    due: bool


@message
class PrunePlan(Message):
    """What pruning would do now: `due` tracks of `total` vanished ones would be forgotten.

    `notices`: why tracks that are old enough stay; `tracks`: those that vanished first.
    """

    total: Count
    due: Count
    #: Days after which a vanished track is forgotten.
    after_days: float
    notices: list[str]
    tracks: list[VanishedTrack]
