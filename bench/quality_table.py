"""Several descriptors of the same tracks side by side, each compared with the former default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.corpus import Track
from bench.measures import (
    Hubness,
    Matrix,
    Score,
    hubness,
    nearest,
    retrieval,
    same,
    similarities,
    within_album,
    within_album_each,
)
from bench.report import Row

#: Neighbours considered.
FIRST = 10
#: The baseline of the comparison, if it is among the descriptors.
AGAINST = "spectral"
AUC = "within-album AUC by composer"


@dataclass(frozen=True, slots=True)
class Column:
    """A descriptor: its scores by measure, in table order, and how even its neighbourhoods are."""

    scores: Mapping[str, Score]
    hubs: Hubness


def scores(tracks: Sequence[Track], vectors: Matrix) -> dict[str, Score]:
    """Measure retrieval in the top ten by each label that the tracks have."""
    similarity = similarities(vectors, vectors)
    own = np.eye(len(tracks), dtype=bool)
    albums, artists = same([t.album for t in tracks]), same([t.composer for t in tracks])
    pieces, styles = same([t.piece for t in tracks]), same([t.style for t in tracks])
    found = {
        "album": retrieval(similarity, albums, own, FIRST),
        "composer": retrieval(similarity, artists, own | pieces, FIRST),
        "composer, other albums": retrieval(similarity, artists, own | pieces | albums, FIRST),
        "style": retrieval(similarity, styles, own | pieces, FIRST),
    }
    several = len({t.style for t in tracks if t.style}) > 1  # a single style tells nothing
    return {
        label: score for label, score in found.items() if np.isfinite(score.precision) and (several or label != "style")
    }


def column(tracks: Sequence[Track], vectors: Matrix) -> Column:
    """Compute every measure of one descriptor [n, dim]."""
    similarity = similarities(vectors, vectors)
    labels = [t.album for t in tracks], [t.composer for t in tracks], [t.piece for t in tracks]
    each = within_album_each(similarity, *labels)
    measured = {f"P@10 by {label}": score for label, score in scores(tracks, vectors).items()}
    chance = within_album(similarity, *labels)
    if np.isfinite(chance):
        measured[AUC] = Score(chance, np.nan, _error(each), each)
    hubs = hubness(nearest(similarity, np.eye(len(tracks), dtype=bool), FIRST), len(tracks))
    return Column(measured, hubs)


def difference(ours: Score, theirs: Score) -> tuple[float, float]:
    """Returns the mean of the paired differences over the queries that count in both, and its standard error."""
    differences = ours.each - theirs.each
    differences = differences[~np.isnan(differences)]
    return (float(differences.mean()) if len(differences) else np.nan), _error(differences)


def _error(values: Matrix) -> float:
    values = values[~np.isnan(values)]
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan


def compared_rows(columns: Mapping[str, Column]) -> list[Row]:
    """Returns every figure of the table: value, standard error, difference from `AGAINST` and its standard error."""
    base = columns.get(AGAINST)
    rows: list[Row] = []
    for name, one in columns.items():
        for measure, score in one.scores.items():
            rows += [Row(f"{name}: {measure}", score.precision, ""), Row("  standard error", score.error, "")]
            if base is not None and name != AGAINST and measure in base.scores:
                mean, error = difference(score, base.scores[measure])
                rows += [Row(f"{name}: {measure}, against {AGAINST}", mean, ""), Row("  standard error", error, "")]
        rows += [Row(f"{name}: hub skew", one.hubs.skew, ""), Row(f"{name}: never a neighbour", one.hubs.never, "")]
    return rows


def compared(columns: Mapping[str, Column]) -> str:
    """Returns the table: a line per measure, below it the paired difference from `AGAINST`, errors in brackets."""
    measures = list(dict.fromkeys(measure for one in columns.values() for measure in one.scores))
    lines = [["", *columns]]
    for measure in measures:
        lines.append([measure, *(_cell(one.scores.get(measure)) for one in columns.values())])
        if AGAINST in columns:
            base = columns[AGAINST].scores.get(measure)
            cells = [
                "" if name == AGAINST or base is None else _signed(one.scores.get(measure), base)
                for name, one in columns.items()
            ]
            lines.append([f"  against {AGAINST}", *cells])
    lines.append(["hub skew", *(f"{one.hubs.skew:.2f}" for one in columns.values())])
    lines.append(["never a neighbour", *(f"{one.hubs.never:.3f}" for one in columns.values())])
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns) + 1)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cell(score: Score | None) -> str:
    return f"{score.precision:.3f} ({score.error:.3f})" if score is not None else ""


def _signed(score: Score | None, base: Score) -> str:
    if score is None:
        return ""
    mean, error = difference(score, base)
    return f"{mean:+.3f} ({error:.3f})"
