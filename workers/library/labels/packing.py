"""Turn scores and facts into the bytes that `state.db` keeps and pages carry, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from contract.labels import FACTS, KEYS, SoundFacts
from contract.vocabulary import VOCABULARY

#: Bytes of the scores and of the facts of one track.
SCORES_BYTES: Final = 2 * len(VOCABULARY)
FACTS_BYTES: Final = 4 * len(FACTS)


def packed_scores(scores: Sequence[float]) -> bytes:
    """Pack raw scores, one per label, as float16. Raises `ValueError` if their number is wrong."""
    if len(scores) != len(VOCABULARY):
        raise ValueError(f"{len(VOCABULARY)} scores are expected, not {len(scores)}")
    return np.asarray(scores, "<f2").tobytes()


def scores_of(blob: bytes) -> np.ndarray[Any, np.dtype[np.float16]]:
    """Return the raw scores [labels]."""
    return np.frombuffer(blob, "<f2")


def packed_facts(facts: SoundFacts) -> bytes:
    """Pack facts as float32, NaN where one is not known."""
    values = [_number(name, getattr(facts, name)) for name in FACTS]
    return np.asarray(values, "<f4").tobytes()


def facts_of(blob: bytes | None) -> SoundFacts:
    """Return the facts; empty for None."""
    if blob is None:
        return SoundFacts()
    values = dict(zip(FACTS, np.frombuffer(blob, "<f4").tolist(), strict=True))
    known: dict[str, Any] = {name: round(value, 4) for name, value in values.items() if not math.isnan(value)}
    if "key" in known:
        known["key"] = KEYS[round(known["key"])]
    return SoundFacts(**known)


def _number(name: str, value: float | str | None) -> float:
    if value is None:
        return math.nan
    return float(KEYS.index(str(value)) if name == "key" else value)
