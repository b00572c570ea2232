"""Pure functions for choices that change from day to day."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b


def of_the_day(track_ids: Sequence[str], count: int, day: str) -> list[str]:
    """Choose `count` tracks and keep their order: the same ones all day, different ones on other days."""
    drawn = sorted(track_ids, key=lambda track_id: blake2b(f"{day}:{track_id}".encode(), digest_size=8).digest())
    chosen = set(drawn[:count])
    return [track_id for track_id in track_ids if track_id in chosen]
