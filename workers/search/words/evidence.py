"""How well each track answers a text: from labels, facts and tags, term by term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workers.search.words.limits import Limits
from workers.search.words.periods import in_words
from workers.search.words.reading import Reading, Term
from workers.search.words.tracks import Column, Mask, Tracks, places

#: Added to evidence before it is multiplied, so that no single term decides everything.
FLOOR = np.float32(0.04)
#: Lowest evidence of a track with a tag that means the term; tracks that only sound like it stay below.
TAGGED, UNTAGGED = np.float32(0.8), np.float32(0.45)
#: Evidence of a part from which a track's reason names it.
TOLD = 0.6
#: How strongly a refused term lowers a score where it is certain.
REFUSED = np.float32(0.95)
#: Score factor of a track that misses a tempo or key, and of one of which it is not known.
MISSED, NOT_KNOWN = np.float32(0.05), np.float32(0.3)


@dataclass(frozen=True, slots=True)
class Evidence:
    """[n] scores from 0 to 1.

    `parts`: of each part of the reading that counts, its words and for which of the n tracks it speaks.
    `lacking`: words that were understood, but nothing in this library tells tracks apart by them.
    `years`: the years that tracks must be of, in words such as "from 1994"; "" if the text or the tags name none.
    `dated`: how many tracks are of them.
    """

    scores: Column
    parts: tuple[tuple[str, Mask], ...]
    lacking: tuple[str, ...]
    years: str = ""
    dated: int = 0


def evidence(reading: Reading, tracks: Tracks) -> Evidence:
    """Return how well each of the n tracks answers the terms and limits; artists count in the sound only."""
    total = np.zeros(len(tracks), np.float32)
    weights = 0.0
    parts: list[tuple[str, Mask]] = []
    lacking: list[str] = []
    refused = np.ones(len(tracks), np.float32)
    for term in reading.terms:
        found = of_term(term, tracks)
        if found is None:
            lacking.append(term.words)
        elif term.negative:
            refused *= 1 - REFUSED * found**2 * np.float32(min(term.weight, 1.0))
            parts.append((f"no {term.words}", 1 - found >= TOLD))
        else:
            total += np.float32(term.weight) * np.log(found + FLOOR)
            weights += term.weight
            parts.append((term.words, found >= TOLD))
    scores = np.exp(total / weights) - FLOOR if weights else np.ones(len(tracks), np.float32)
    scores = np.maximum(scores, 0) * refused
    years, dated = "", 0
    for words, factor in _limits(reading.limits, tracks):
        if factor is None:
            lacking.append(words)
        else:
            scores *= factor
            parts.append((words, factor >= TOLD))
            if words == reading.limits.years_words:
                years, dated = in_words(reading.limits), int((factor > 0).sum())
    return Evidence(scores.astype(np.float32), tuple(parts), tuple(lacking), years, dated)


def of_term(term: Term, tracks: Tracks) -> Column | None:
    """Return [n] evidence from 0 to 1 that tracks have what a term means; None if nothing is known."""
    sound = profiled(term.main if term.negative else term.profile, tracks)
    rows = tracks.tagged(term.tags)
    if not len(rows):
        return sound
    base = sound if sound is not None else np.full(len(tracks), 0.5, np.float32)
    found: Column = UNTAGGED * base
    found[rows] = TAGGED + (1 - TAGGED) * base[rows]
    return found


def profiled(profile: Mapping[str, float], tracks: Tracks) -> Column | None:
    """Return [n] places, from 0 to 1, of the tracks by how well they fit a profile; None if nothing is known of it."""
    total = np.zeros(len(tracks), np.float32)
    weights = 0.0
    for name, weight in profile.items():
        column = tracks.aspect(name)
        if column is not None:
            total += np.float32(abs(weight)) * (column if weight > 0 else 1 - column)
            weights += abs(weight)
    return places(total / np.float32(weights)) if weights else None


def _limits(limits: Limits, tracks: Tracks) -> list[tuple[str, Column | None]]:
    """Return the words and [n] factors of tempo, years and key; None for a factor about which nothing is known."""
    found: list[tuple[str, Column | None]] = []
    if limits.bpm is not None:
        bpm = tracks.fact("bpm")
        low, high = limits.bpm
        inside = ((bpm >= low) & (bpm <= high)) ^ ("bpm" in limits.refused)
        found.append((limits.bpm_words, _preference(inside, ~np.isnan(bpm))))
    if limits.years is not None:
        low, high = limits.years
        inside = ((tracks.years >= low) & (tracks.years <= high)) ^ ("years" in limits.refused)
        known = tracks.years > 0
        found.append((limits.years_words, (inside & known).astype(np.float32) if known.any() else None))
    if limits.keys is not None:
        key = tracks.fact("key")
        inside = np.isin(key, list(limits.keys)) ^ ("keys" in limits.refused)
        found.append((limits.key_words, _preference(inside, ~np.isnan(key))))
    return found


def _preference(fits: Mask, known: Mask) -> Column | None:
    """Return the factors [n] of a tempo or key; None if it is known of no track that fits: what is left is noise."""
    if not (fits & known).any():
        return None
    factor: Column = np.where(known, np.where(fits, 1, MISSED), NOT_KNOWN).astype(np.float32)
    return factor
