"""What MERT's projection preserves: recall@25 of the 4,096 stored values against all 76,800."""

from __future__ import annotations

import time

import numpy as np

from bench.report import Row as Figure
from bench.search_data import fresh, gaussian, nearest, planted, unit
from broker.vectors import Vectors

WHOLE, STORED = 76_800, 4096
#: Tracks, each also used as a query, and neighbours requested.
TRACKS, NEIGHBOURS = 400, 25


def figures() -> list[Figure]:
    """Returns the recall of both kinds of vectors, and the time to project a vector."""
    label = f"MERT {WHOLE} -> {STORED}, {TRACKS} tracks:"
    got = fresh(measure)
    return [
        Figure(f"{label} recall@{NEIGHBOURS}, clusters", got["clusters"], ""),
        Figure(f"{label} recall@{NEIGHBOURS}, gaussian", got["gaussian"], ""),
        Figure(f"{label} recall@{NEIGHBOURS} by chance", NEIGHBOURS / (TRACKS - 1), ""),
        Figure(f"{label} projecting, per row", got["project"], "ms"),
    ]


def measure() -> dict[str, float]:
    """Returns recall by kind of data, and milliseconds per row."""
    from workers.search.store.projection import project

    got: dict[str, float] = {}
    for kind, make in (("clusters", planted), ("gaussian", gaussian)):
        whole = make(TRACKS, WHOLE)
        start = time.perf_counter()
        stored = project(whole, STORED)
        got["project"] = 1000 * (time.perf_counter() - start) / TRACKS
        got[kind] = recall(whole, unit(stored))
    return got


def recall(whole: Vectors, stored: Vectors) -> float:
    """Returns the share of each track's neighbours (except itself) that the stored vectors find."""
    exact, found = (nearest(rows, rows, NEIGHBOURS + 1)[:, 1:] for rows in (whole, stored))
    return float(
        np.mean([len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(exact.tolist(), found.tolist(), strict=True)])
    )
