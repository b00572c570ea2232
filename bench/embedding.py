"""`python -m bench.embedding`: the gain of the mesh's way of embedding a track over window by window.

Both ways use the same weights in the same run: the published way decodes with librosa (if installed) and computes every
window separately; ours decodes once and computes each distinct clip once. Without `--checkpoints` it writes small
random ones; the ratio depends on the number of clips, so small ones suffice. `--hours 3` embeds a file of that length
with every model and shows the memory it takes; `--hops` shows the effect of a wider hop of MERT.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from bench.checkpoints import SMALL_LATENT, write_latent, write_mert, write_muq
from bench.report import Row, report
from bench.signals import RATE, signal
from broker.vectors import Vectors
from workers.audio.decode import load
from workers.models.adapter import Adapter, adapter_class
from workers.models.enrich import enrich
from workers.models.muq.adapter import HOP_SECONDS, WINDOW_SECONDS, MuQAdapter
from workers.models.registry import spec
from workers.models.windows import window_starts
from workers.runtime.settings import WorkerSettings

#: Track lengths in seconds, with the smallest acceptable speed-up. Both end off the grid of clips.
TRACKS = ((183.7, 1.5), (722.3, 3.0))
#: Largest difference between the vectors of both ways.
LARGEST_DIFFERENCE = 5e-6
#: Widths and depth of the small MuQ-MuLan: enough that computing it dominates.
WIDTH, DEPTH = 128, 2
#: Hops of MERT in seconds; the first is the published one.
MERT_HOPS = (5, 10, 15, 30)
#: Most memory in MB that a long file may take beyond the model's own.
LONG_FILE_MB = 1000.0
#: Sample rate of long files in Hz.
LONG_RATE = 44100

Samples = npt.NDArray[np.float32]


def make(model: str, checkpoints: Path, **more: Any) -> Adapter:
    """Returns a loaded and warmed-up adapter on the CPU."""
    settings = WorkerSettings(TEXT_EMBEDDING_CHECKPOINT_DIR=checkpoints, TEXT_EMBEDDING_DEVICE="cpu", **more)
    adapter = adapter_class(spec(model))(spec(model), settings)
    adapter.check()
    adapter.load()
    adapter.warm_up()
    return adapter


def embed(adapter: Adapter, path: Path) -> Vectors:
    """Returns the vector of one file, including decoding."""
    recording = adapter.open_audio(path, None)
    vector: Vectors = adapter.embed_audio([recording])[0]
    if recording.error is not None:
        raise recording.error
    recording.close()
    return vector


def window_by_window(muq: MuQAdapter, path: Path, decode: str) -> Vectors:
    """Embed the published way: decode the file, then compute twelve clips for every window, shared or not."""
    engine = muq.engine
    wav, window, clip = decoded(path, decode), WINDOW_SECONDS * RATE, engine.clip
    columns = []
    for start in window_starts(len(wav), window, HOP_SECONDS * RATE):
        samples = np.pad(wav[start : start + window], (0, max(window - len(wav), 0)))
        columns.append(engine.inference(samples.reshape(-1, clip)).mean(axis=0))
    return enrich(np.stack(columns, axis=1))


def decoded(path: Path, decode: str) -> Samples:
    """Decode to [samples] mono at 24 kHz, with librosa or our decoder."""
    if decode == "librosa":
        import librosa

        samples: Samples = librosa.load(path, sr=RATE, mono=True)[0]
        return samples
    mono: Samples = load(path, RATE).samples[0]
    return mono


def shared_clips(checkpoints: Path, folder: Path) -> Iterator[Row]:
    """Measure differences and speed-ups at three and at twelve minutes."""
    muq = make("muq", checkpoints)
    assert isinstance(muq, MuQAdapter)
    decode = "librosa" if find_spec("librosa") is not None else "ours"
    muq.engine.inference.batch = WINDOW_SECONDS * RATE // muq.engine.clip  # both ways compute twelve clips at once
    _warm_up(decode, folder)
    for seconds, goal in TRACKS:
        path = folder / f"{seconds:.0f}.flac"
        soundfile.write(path, signal(1, round(seconds * RATE)), RATE)
        name = f"{seconds / 60:.1f} min"
        ours, ours_s = timed(lambda path=path: embed(muq, path))
        theirs, theirs_s = timed(lambda path=path: window_by_window(muq, path, "ours"))
        difference = float(np.abs(ours - theirs).max())
        yield Row(f"{name}: difference", difference, "max abs", "<= 5e-6", difference <= LARGEST_DIFFERENCE)
        yield Row(f"{name}: window by window", theirs_s, "s CPU")
        yield Row(f"{name}: shared clips", ours_s, "s CPU")
        yield Row(f"{name}: speed-up", theirs_s / ours_s, "x", f">= {goal}", theirs_s / ours_s >= goal)
        if decode == "librosa":
            _, old_s = timed(lambda path=path: window_by_window(muq, path, "librosa"))
            yield Row(f"{name}: with librosa, window by window", old_s, "s CPU")
            yield Row(f"{name}: speed-up over that", old_s / ours_s, "x", f">= {goal}", old_s / ours_s >= goal)


def _warm_up(decode: str, folder: Path) -> None:
    """Trigger librosa's imports and compilation, which belong to its first call and are not part of the comparison."""
    path = folder / "second.flac"
    soundfile.write(path, signal(1, RATE), RATE // 2)
    decoded(path, decode)


def timed(call: Any) -> tuple[Vectors, float]:
    """Returns the result of a call and its CPU seconds over all threads, which a busy machine does not stretch."""
    began = time.process_time()
    result: Vectors = call()
    return result, time.process_time() - began


def hops(checkpoints: Path, folder: Path) -> Iterator[Row]:
    """Measure what a wider hop of MERT saves, and how far the vector moves from the published one."""
    path = folder / "hops.flac"
    soundfile.write(path, signal(2, round(TRACKS[0][0] * RATE)), RATE)
    published: Vectors | None = None
    for hop in MERT_HOPS:
        adapter = make("mert", checkpoints, SONICMESH_MERT_HOP_S=float(hop))
        vector, seconds = timed(lambda adapter=adapter: embed(adapter, path))
        published = vector if published is None else published
        yield Row(f"MERT, hop {hop} s", seconds, "s CPU")
        yield Row(f"MERT, hop {hop} s: cosine to 5 s", float(published @ vector), "")


def long_file(checkpoints: Path, folder: Path, hours: float) -> Iterator[Row]:
    """Measure the memory of each model, in its own process, on a stereo file of that length."""
    path = folder / "long.flac"
    minute = np.stack([signal(3, 60 * LONG_RATE), signal(4, 60 * LONG_RATE)], axis=1)
    with soundfile.SoundFile(path, "w", LONG_RATE, 2) as file:
        for _ in range(round(60 * hours)):
            file.write(minute)
    for model in ("muq", "mert", "latent"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            megabytes, seconds = pool.apply(memory_of, (model, checkpoints, path))
        name = f"{hours:g} h, {model}"
        yield Row(f"{name}: beyond the model", megabytes, "MB", "<= 1000", megabytes <= LONG_FILE_MB)
        yield Row(f"{name}: time", seconds, "s")


def memory_of(model: str, checkpoints: Path, path: Path) -> tuple[float, float]:
    """Returns peak memory in MB above that of the loaded model, and seconds."""
    adapter = make(model, checkpoints)
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak left by loading
    before = _status("VmRSS")
    began = time.monotonic()
    embed(adapter, path)
    return (_status("VmHWM") - before) / 1000, time.monotonic() - began


def _status(field: str) -> float:
    """A memory field of this process in kB (proc(5))."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith(field)).split()[1])


def rows(arguments: argparse.Namespace) -> Iterator[Row]:
    """Yields the requested figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        checkpoints: Path | None = arguments.checkpoints
        if checkpoints is None:
            checkpoints = folder
            write_muq(folder, width=WIDTH, depth=DEPTH)
            write_mert(folder)
            write_latent(folder, SMALL_LATENT)
        yield from shared_clips(checkpoints, folder)
        if arguments.hops:
            yield from hops(checkpoints, folder)
        if arguments.hours:
            yield from long_file(checkpoints, folder, arguments.hours)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.embedding", description=__doc__)
    parser.add_argument("--checkpoints", type=Path, help="folder of weights (default: small random ones)")
    parser.add_argument("--hops", action="store_true", help="also what a wider hop of MERT costs")
    parser.add_argument("--hours", type=float, default=0.0, help="also embed a file of so many hours")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    return report("embedding", list(rows(arguments)), arguments.json)


if __name__ == "__main__":
    sys.exit(main())
