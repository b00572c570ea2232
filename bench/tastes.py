"""How a candidate's similarities to many seeds become one score: the measurement behind `taste.EXPONENT`.

    python -m bench.tastes [--json]

Planted: 40 styles of 40 tracks, a person who likes 2, 3 or 5 of them unequally (12 seeds), and tracks halfway between
the liked styles that belong to none. For the best 25: the share in a liked style (precision), the share of liked styles
that appear (coverage), and how far the styles' shares are from their weights (total variation).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.report import Row, report
from broker.vectors import Vectors
from workers.search.recommend.ranking.similarity import scale_of_pairs
from workers.search.recommend.ranking.terms import EXPONENT, taste

DIMENSION, STYLES, TRACKS, SEEDS, LENGTH, BETWEEN = 48, 40, 40, 12, 25, 200
#: Exponents compared; a thousand equals the best seed alone.
EXPONENTS = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 1000.0)
SPREADS = (0.8, 1.2)
LIBRARIES = 12
#: Required precision and coverage of the exponent in use, as a multiple of the plain mean's.
GAIN = 2.0

Labels = npt.NDArray[np.int64]


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    scaled: npt.NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def library(rng: np.random.Generator, liked: int, spread: float) -> tuple[Vectors, Labels]:
    """Returns unit vectors and the style of each, -1 for tracks between two liked styles."""
    styles = _unit(rng.standard_normal((STYLES, DIMENSION)))
    centres = np.repeat(styles, TRACKS, axis=0)
    one = rng.integers(0, liked, BETWEEN)
    other = (one + rng.integers(1, liked, BETWEEN)) % liked
    centres = np.concatenate((centres, _unit(styles[one] + styles[other])))
    vectors = _unit(centres + spread * rng.standard_normal(centres.shape) / np.sqrt(DIMENSION))
    labels = np.concatenate((np.repeat(np.arange(STYLES), TRACKS), np.full(BETWEEN, -1)))
    return vectors.astype(np.float32), labels


def judge(exponent: float, seed: int, liked: int, spread: float, recent: bool) -> tuple[float, float, float]:
    """Returns precision, coverage and distance from the weights of one arrangement."""
    rng = np.random.default_rng(seed)
    vectors, labels = library(rng, liked, spread)
    shares = 2.0 ** -np.arange(liked)
    counts = np.maximum(1, np.round(SEEDS * shares / shares.sum())).astype(int)
    seeds = np.concatenate([rng.choice(np.flatnonzero(labels == s), counts[s], replace=False) for s in range(liked)])
    rng.shuffle(seeds)
    weights = np.maximum(0.1, 1 / (1 + np.arange(len(seeds)))) if recent else np.ones(len(seeds))
    scale = scale_of_pairs(vectors[rng.permutation(len(vectors))[:1000]])
    scores = taste(scale(vectors @ vectors[seeds].T), weights.astype(np.float32), exponent)
    scores[seeds] = -np.inf
    best = labels[np.argsort(-scores)[:LENGTH]]
    listed = np.array([(best == style).sum() for style in range(liked)])
    wanted = np.array([weights[labels[seeds] == style].sum() for style in range(liked)])
    distance = 0.5 * np.abs(listed / max(1, listed.sum()) - wanted / wanted.sum()).sum()
    return float(listed.sum() / LENGTH), float((listed > 0).mean()), float(distance)


def main(arguments: Sequence[str]) -> int:
    """Run the bench; the exit code says whether the exponent in use reaches its goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows = []
    mean: dict[str, float] = {}
    for exponent in EXPONENTS:
        results = [
            judge(exponent, seed, liked, spread, recent)
            for seed in range(LIBRARIES)
            for liked in (2, 3, 5)
            for spread in SPREADS
            for recent in (False, True)
        ]
        precision, coverage, distance = (float(value) for value in np.mean(results, axis=0))
        for name, value in (("precision", precision), ("styles covered", coverage)):
            goal = GAIN * mean.setdefault(name, value)  # exponent 1, the plain mean, comes first
            label = f"exponent {exponent:g}: {name}"
            judged = exponent == EXPONENT
            rows.append(Row(label, value, "", f">= {goal:.3f}", value >= goal) if judged else Row(label, value, ""))
        rows.append(Row(f"exponent {exponent:g}: distance from the weights", distance, ""))
    return report("several tastes in one list", rows, options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
