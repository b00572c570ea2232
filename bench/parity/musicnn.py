"""musicnn against its goldens: the log-mel patch, the pooled values, the hidden layer, the labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.parity.case import Array, Case, compare
from bench.signals import read_json, signal
from contract.settings import load_settings
from workers.models.musicnn.files import load
from workers.models.musicnn.layout import FRAMES
from workers.models.musicnn.locations import FOLDERS
from workers.models.musicnn.mel import compressed, mel, spectra, window
from workers.models.musicnn.tagger import Tagger
from workers.runtime.settings import WorkerSettings

#: The file of facts in a folder of these goldens.
FACTS = "golden.json"
#: Largest differences of a float32 implementation: starting from the golden patch, and from samples (another Fourier
#: transform, no rounding to float16).
LABELS, HIDDEN, MEAN, LARGEST = 5e-6, 2e-5, 3e-5, 5e-4
PATCH, ROUNDED_PATCH, LABELS_FROM_SAMPLES = 1e-5, 5e-4, 1e-4


def musicnn_cases(golden: Path) -> Iterator[Case]:
    """Compare every signal with every tagger that the folder covers. Raises `ModelUnavailable` without the weights."""
    weights = load(load_settings(WorkerSettings).checkpoints)
    taggers = {name: Tagger(weights[name]) for name in FOLDERS}
    facts = read_json(golden / FACTS)
    digests = {one["seed"]: one["sha256_of_samples_le_f32"] for one in facts["signals"]}
    for seed, digest in digests.items():
        samples = signal(seed, facts["samples"], facts["rate"])
        if hashlib.sha256(samples.astype("<f4").tobytes()).hexdigest() != digest:
            yield Case(f"musicnn signal_{seed} samples", float("inf"), -1.0, 0.0)
        with np.load(golden / f"signal_{seed}.npz") as arrays:
            yield from _signal(f"musicnn signal_{seed}", samples, facts["rate"], dict(arrays), taggers)


def _signal(name: str, samples: Array, rate: int, arrays: dict[str, Any], taggers: dict[str, Tagger]) -> Iterator[Case]:
    padded = np.pad(samples, window(rate) // 2, mode="reflect")
    patch = compressed(mel(spectra(padded, rate)))[:FRAMES]
    yield compare(f"{name} logmel_unrounded", patch, arrays["logmel_unrounded"], PATCH)
    yield compare(f"{name} logmel", patch, arrays["logmel"], ROUNDED_PATCH)
    for tagger, network in taggers.items():
        prefix = tagger.upper()
        if f"{prefix}_penultimate" not in arrays:
            continue
        given = arrays["logmel"][None]
        pooled, hidden = network.pooled(given), network.hidden(given)
        for stage, found, tolerance in (
            ("max_pool", network.all_channels(pooled.largest), LARGEST),
            ("mean_pool", network.all_channels(pooled.mean), MEAN),
            ("penultimate", hidden, HIDDEN),
            ("taggram", network.tags(hidden), LABELS),
        ):
            yield compare(f"{name} {prefix}_{stage}", found[0], arrays[f"{prefix}_{stage}"], tolerance)
        tags = network.tags(network.hidden(patch[None]))[0]
        yield compare(f"{name} {prefix}_taggram from samples", tags, arrays[f"{prefix}_taggram"], LABELS_FROM_SAMPLES)
