"""MERT against its goldens: input, convolutions, layers, tracks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.parity.case import FRAMES, LAYER_MEANS, UNIT, Case, compare
from bench.signals import RATE, read_json, signal
from workers.models.enrich import enrich
from workers.models.mert.files import find_files
from workers.models.mert.model import LayerMeans, load_mert, normalised
from workers.models.neural.inference import Inference
from workers.models.windows import window_starts

#: Samples of the published windows at 24 kHz.
WINDOW, HOP = 30 * RATE, 5 * RATE
#: Frames and samples in the detailed arrays.
FRAMES_SHOWN, SAMPLES_SHOWN = 4, 64


def mert_details(golden: Path, checkpoints: Path, layout: str) -> Iterator[Case]:
    """Compare the first window of the first track, using the checkpoint written in one of its layouts."""
    model = load_mert(find_files(checkpoints), RATE)
    arrays = np.load(golden / "mert.npz")
    first = next(iter(read_json(golden / "mert.json")["tracks"].values()))
    window = torch.from_numpy(_windows(signal(first["seed"], first["samples"]), [0]))
    with torch.inference_mode():
        yield from _details(model, window, arrays, f"mert ({layout})")


def mert_tracks(golden: Path, checkpoints: Path) -> Iterator[Case]:
    """Compare all windows of all tracks: layer means in double precision, vectors in a worker's precision.

    Frames of padding are all alike, so errors that one CPU's kernels round the same way do not average out: in float32
    the layer means of a padded window differ by up to 2e-4 between machines, the vectors by 2e-6.
    """
    model = load_mert(find_files(checkpoints), RATE)
    arrays = np.load(golden / "mert.npz")
    for name, track in read_json(golden / "mert.json")["tracks"].items():
        wav = signal(track["seed"], track["samples"])
        starts = window_starts(len(wav), WINDOW, HOP)
        yield compare(f"mert track_{name} starts", np.array(starts), np.array(track["starts"]), 0.0)
        windows = _windows(wav, starts)
        expected = arrays[f"track_{name}_layer_means"]
        means = _in_double(model, windows).reshape(expected.shape)
        yield compare(f"mert track_{name}_layer_means", means, expected, LAYER_MEANS)
        vector = enrich(np.ascontiguousarray(Inference(model, "cpu")(windows).T))
        yield compare(f"mert track_{name}_enriched", vector, arrays[f"track_{name}_enriched"], UNIT)


def _in_double(model: LayerMeans, windows: Any) -> Any:
    """Returns layer means [windows, dimension]; restores the model to float32."""
    model.double()
    with torch.inference_mode():
        means = [model(torch.from_numpy(window)[None].double()).numpy() for window in windows]
    model.float()
    return np.concatenate(means)


def _windows(wav: Any, starts: list[int]) -> Any:
    padded = np.pad(wav, (0, max(WINDOW - len(wav), 0)))
    return np.stack([padded[start : start + WINDOW] for start in starts])


def _details(model: LayerMeans, window: Tensor, arrays: Any, prefix: str) -> Iterator[Case]:
    """Compare the first window's input, and its first and last state."""
    values = normalised(window)
    moments = np.array([values.mean(), values.std(correction=0)], np.float32)
    convolved = model.hubert.feature_extractor(values)[0].T
    inputs: list[Tensor] = []
    hook = model.hubert.encoder.layers[0].register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    last = model.hubert(values).last_hidden_state[0]
    hook.remove()
    for name, value in (
        ("input_normalised_first_64", values[0, :SAMPLES_SHOWN]),
        ("input_normalised_mean_std", torch.from_numpy(moments)),
        ("conv_features_mean_over_time", convolved.mean(dim=0)),
        ("conv_features_first_4_frames", convolved[:FRAMES_SHOWN]),
        ("hidden_0_first_4_frames", inputs[0][0, :FRAMES_SHOWN]),
        ("hidden_24_first_4_frames", last[:FRAMES_SHOWN]),
    ):
        tolerance = LAYER_MEANS if name.startswith("hidden") else FRAMES
        if name not in arrays:  # a folder may lack some
            continue
        yield compare(f"{prefix} {name}", value.numpy(), arrays[name], tolerance)
