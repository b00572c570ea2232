"""Everything outside the models: windows, enrichment, the rows of Music2Latent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.parity.case import DOUBLE, ENRICHED, Case, compare
from bench.signals import RATE, read_json
from workers.models.enrich import enrich
from workers.models.latent.rows import rows
from workers.models.windows import window_starts

#: Seconds of window and hop by model.
WINDOWS = {"muq": (120, 15), "mert": (30, 5)}


def window_cases(golden: Path) -> Iterator[Case]:
    """Compare the starts of windows for awkward lengths."""
    for model, lengths in read_json(golden / "windows.json").items():
        window, hop = WINDOWS[model]
        for samples, starts in lengths.items():
            found = window_starts(int(samples), window * RATE, hop * RATE)
            yield compare(f"windows {model} {samples}", np.array(found), np.array(starts), 0.0)


def enrich_cases(golden: Path) -> Iterator[Case]:
    """Compare enrichment in both precisions."""
    arrays = np.load(golden / "enrich.npz")
    for name in (name.removesuffix("_x") for name in arrays.files if name.endswith("_x")):
        windows = arrays[f"{name}_x"]
        for suffix, dtype, tolerance in (("f32", np.float32, ENRICHED), ("f64", np.float64, DOUBLE)):
            if f"{name}_{suffix}" in arrays.files:
                expected = arrays[f"{name}_{suffix}"]
                yield compare(f"{name}_{suffix}", enrich(windows.astype(dtype)), expected, tolerance)


def latent_cases(golden: Path) -> Iterator[Case]:
    """Compare the conversion of latents of one and of two channels to rows and vectors."""
    arrays = np.load(golden / "latent.npz")
    for name in (name.removesuffix("_latent") for name in arrays.files if name.endswith("_latent")):
        found = rows(arrays[f"{name}_latent"])
        yield compare(f"latent {name}_rows", found, arrays[f"{name}_rows"], ENRICHED)
        yield compare(f"latent {name}_enriched", enrich(found), arrays[f"{name}_enriched"], ENRICHED)
