"""Measures of a recommender on labelled music, from vectors whose cosine is the similarity.

Precision is normalised by min(k, relevant tracks) and averaged over the queries that have a relevant track; the query
itself is never a candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Score:
    """A mean over queries with its standard error; `each` [queries] is NaN for queries that do not count."""

    precision: float
    ndcg: float
    error: float
    each: Matrix


@dataclass(frozen=True, slots=True)
class Hubness:
    """How unevenly tracks appear in others' top ten: skewness, share that never appears, most appearances."""

    skew: float
    never: float
    largest: int


def similarities(queries: Matrix, tracks: Matrix) -> Matrix:
    """[queries, tracks] cosines."""
    return _unit(queries) @ _unit(tracks).T


def nearest(similarity: Matrix, excluded: Mask, count: int) -> npt.NDArray[np.intp]:
    """[queries, count] indices, nearest first; excluded ones come last, ties keep their order."""
    kept = np.where(excluded, -np.inf, similarity)
    return np.argsort(-kept, axis=1, kind="stable")[:, :count]


def same(labels: Sequence[str]) -> Mask:
    """[n, n] True where two tracks share a known label, including each track with itself."""
    known = np.array(labels)
    return np.asarray((known[:, None] == known) & (known != "")[:, None])


def retrieval(similarity: Matrix, relevant: Mask, excluded: Mask, k: int) -> Score:
    """Score how many of the first `k` are relevant. `excluded` tracks are never candidates, whatever their label."""
    good = relevant & ~excluded
    ideal = np.minimum(good.sum(axis=1), k)
    hits = np.take_along_axis(good, nearest(similarity, excluded, k), axis=1)
    gains = 1 / np.log2(np.arange(2, k + 2))
    best = np.concatenate([[1.0], np.cumsum(gains)[:k]])[ideal]
    each = np.where(ideal > 0, hits.sum(axis=1) / np.maximum(ideal, 1), np.nan)
    ndcg = np.where(ideal > 0, (hits * gains[: hits.shape[1]]).sum(axis=1) / best, np.nan)
    counted = int((ideal > 0).sum())
    if not counted:
        return Score(np.nan, np.nan, np.nan, each)
    error = float(np.nanstd(each, ddof=1) / np.sqrt(counted)) if counted > 1 else np.nan
    return Score(float(np.nanmean(each)), float(np.nanmean(ndcg)), error, each)


def within_album(similarity: Matrix, albums: Sequence[str], composers: Sequence[str], pieces: Sequence[str]) -> float:
    """Mean of `within_album_each`; NaN if no query counts."""
    chances = within_album_each(similarity, albums, composers, pieces)
    return float(np.nanmean(chances)) if not np.isnan(chances).all() else float("nan")


def within_album_each(
    similarity: Matrix, albums: Sequence[str], composers: Sequence[str], pieces: Sequence[str]
) -> Matrix:
    """[queries] chances that a piece by the same composer is nearer than one by another on the same album; else NaN.

    Versions of the query's own piece do not count. Unaffected by the mastering that tracks of an album share.
    """
    known = np.array([bool(name) for name in composers])
    pool = same(albums) & ~same(pieces) & known & known[:, None]
    wanted = pool & same(composers)
    chances = np.full(len(similarity), np.nan)
    for query, (row, own, other) in enumerate(zip(similarity, wanted, pool & ~wanted, strict=True)):
        if own.any() and other.any():
            nearer = row[own][:, None] - row[other]
            chances[query] = (nearer > 0).mean() + 0.5 * (nearer == 0).mean()
    return chances


def hubness(neighbours: npt.NDArray[np.intp], tracks: int) -> Hubness:
    """Measure hubness from the first neighbours [queries, 10] of every track."""
    counts = np.bincount(neighbours.ravel(), minlength=tracks).astype(float)
    spread = counts - counts.mean()
    skew = float((spread**3).mean() / max(float(counts.std()) ** 3, 1e-12))
    return Hubness(skew, float((counts == 0).mean()), int(counts.max()))


def overlap(first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> float:
    """Mean share of each row of `first` [queries, k] that is also in that row of `second`."""
    shares = [len(set(a.tolist()) & set(b.tolist())) / len(a) for a, b in zip(first, second, strict=True)]
    return float(np.mean(shares))


def _unit(vectors: Matrix) -> Matrix:
    wide = np.asarray(vectors, float)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12))
