"""MuQ-MuLan against its goldens: front end, clips, text, tracks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.parity.case import DECIBELS, FRAMES, HALF, UNIT, Array, Case, compare
from bench.signals import read_json, signal
from workers.models.enrich import enrich
from workers.models.muq.audio import AudioTower, wrapped_clips
from workers.models.muq.files import find_files
from workers.models.muq.load import MuLan, load_mulan
from workers.models.neural.clips import ClipCutter, ClipVectors, Windowing
from workers.models.neural.inference import Inference

#: Samples of the published windows at 24 kHz.
WINDOW, HOP = 120 * 24000, 15 * 24000
#: The clip whose input stages are compared.
DETAILED = "10s"
#: Clips computed at once.
BATCH = 8
#: Block size for feeding a track: odd, so that clip borders never coincide with block borders.
BLOCK = 100_003


def muq_cases(golden: Path, checkpoints: Path) -> Iterator[Case]:
    """Compare every array of `muq_mulan.npz`, using the checkpoint written from the folder."""
    model = load_mulan(find_files(checkpoints))
    facts, arrays = read_json(golden / "muq_mulan.json"), np.load(golden / "muq_mulan.npz")
    with torch.inference_mode():
        if DETAILED in facts["singles"]:
            yield from _ear(model.audio, facts, arrays)
        for name, single in facts["singles"].items():
            yield from _single(model.audio, name, signal(single["seed"], single["samples"]), arrays)
        yield _batch(model, facts["batch"], arrays)
        for number, text in enumerate(facts["texts"]):
            yield from _text(model, number, text, arrays)
    for name, track in facts["tracks"].items():
        yield from _track(model, name, track, arrays)


def _ear(audio: AudioTower, facts: dict[str, Any], arrays: Any) -> Iterator[Case]:
    """Compare the stages before the conformer, and its layers, for the ten-second clip."""
    single = facts["singles"][DETAILED]
    clip = torch.from_numpy(signal(single["seed"], single["samples"]))[None]
    second = audio.mel.decibels(clip[:, :24000])[0]
    silence = audio.mel.decibels(torch.zeros(1, 24000))[0, :2, :2]
    yield compare("muq mel_1s_db", second.numpy(), arrays["mel_1s_db"], DECIBELS)
    yield compare("muq mel_silence_db", silence.numpy(), arrays["mel_silence_db"], DECIBELS)
    mel = audio.mel(clip)[0]
    moments = np.array([mel.mean(), mel.std(correction=0)], np.float32)
    yield compare("muq clip_10s_mel_normalised_mean_std", moments, arrays["clip_10s_mel_normalised_mean_std"], FRAMES)
    states: list[Tensor] = []
    hooks = [layer.register_forward_hook(lambda *args: states.append(args[2])) for layer in audio.conformer.layers]
    subsampled = audio.conv(audio.mel(clip))
    last = audio.conformer(subsampled)
    for hook in hooks:
        hook.remove()
    means = torch.stack([state[0].mean(dim=0) for state in (subsampled, *states[:-1], last)])
    yield compare("muq clip_10s_subsampled", subsampled[0].numpy(), arrays["clip_10s_subsampled"], FRAMES)
    yield compare("muq clip_10s_last_hidden", last[0].numpy(), arrays["clip_10s_last_hidden"], HALF)
    name = "clip_10s_hidden_states_mean_over_time"
    yield compare(f"muq {name}", means.numpy(), arrays[name], FRAMES)
    silent = audio(torch.zeros(1, clip.shape[1]))[0]
    yield compare("muq silent_clip", silent.numpy(), arrays["silent_clip"], UNIT)


def _single(audio: AudioTower, name: str, wav: Array, arrays: Any) -> Iterator[Case]:
    clips = [clip[None] for clip in wrapped_clips(torch.from_numpy(wav), 10 * 24000)]
    vectors = torch.cat([audio(clip) for clip in clips])
    hidden = torch.cat([audio.hidden(clip).mean(dim=1) for clip in clips])
    projections = torch.cat([audio.projection(clip) for clip in clips])
    yield compare(f"muq single_{name}", vectors.mean(dim=0).numpy(), arrays[f"single_{name}"], UNIT)
    yield compare(f"muq single_{name}_clips", vectors.numpy(), arrays[f"single_{name}_clips"], UNIT)
    yield compare(
        f"muq single_{name}_last_hidden_mean", hidden.numpy(), arrays[f"single_{name}_last_hidden_mean"], FRAMES
    )
    yield compare(f"muq single_{name}_projection", projections.numpy(), arrays[f"single_{name}_projection"], FRAMES)


def _batch(model: MuLan, batch: dict[str, Any], arrays: Any) -> Case:
    rows = []
    for seed in batch["seeds"]:
        wav = torch.from_numpy(signal(seed, batch["seconds"] * 24000))
        rows.append(model.audio(torch.stack(wrapped_clips(wav, model.config.clip))).mean(dim=0))
    name = f"batch_{batch['seconds']}s"
    return compare(f"muq {name}", torch.stack(rows).numpy(), arrays[name], UNIT)


def _text(model: MuLan, number: int, text: dict[str, Any], arrays: Any) -> Iterator[Case]:
    """Compare the tokenizer's ids, and the vectors for the ids."""
    found = model.tokenizer.encode(text["text"]).ids
    yield compare(f"muq text_{number} ids", np.array(found), np.array(text["ids"]), 0.0)
    ids = torch.tensor([text["ids"]])
    roberta = model.text.hidden(ids)
    pooled = model.text.transformer(roberta).mean(dim=1)[0]
    for name, value, tolerance in (
        (f"text_{number}_roberta_mean", roberta[0].mean(dim=0), FRAMES),
        (f"text_{number}_pooled", pooled, FRAMES),
        (f"text_{number}_projection", model.text.projection(ids)[0], FRAMES),
        (f"text_{number}", model.text(ids)[0], UNIT),
    ):
        yield compare(f"muq {name}", value.numpy(), arrays[name], tolerance)


def _track(model: MuLan, name: str, track: dict[str, Any], arrays: Any) -> Iterator[Case]:
    """Embed as a worker does: the track arrives in blocks, and each distinct clip is computed once."""
    windowing = Windowing(WINDOW, HOP, model.config.clip)
    wav = signal(track["seed"], track["samples"])
    cutter = ClipCutter((wav[first : first + BLOCK] for first in range(0, len(wav), BLOCK)), windowing)
    inference, vectors = Inference(model.audio, "cpu"), ClipVectors()
    inference.batch = BATCH
    clips = list(cutter)
    rows = inference(np.stack([samples for _, samples in clips]))
    for (start, _), row in zip(clips, rows, strict=True):
        vectors.put(start, row)
    windows = vectors.windows(cutter.starts, windowing)
    yield compare(f"muq track_{name} starts", np.array(cutter.starts), np.array(track["starts"]), 0.0)
    yield compare(f"muq track_{name}_windows", windows.T, arrays[f"track_{name}_windows"], UNIT)
    yield compare(f"muq track_{name}_enriched", enrich(windows), arrays[f"track_{name}_enriched"], UNIT)
