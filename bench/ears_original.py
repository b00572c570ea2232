"""Listens with the original musicnn package on TensorFlow and prints the cost; it imports nothing of ours.

Processes whole tracks with both taggers, as the package does, with one fix: its float16 overflows under numpy 2.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

PATCH = 187
BATCH = 16


def main(paths: list[str]) -> None:
    """Listen to every file in turn with both taggers."""
    import tensorflow as tf

    tf.compat.v1.disable_eager_execution()
    runs = [_tagger(tf, name) for name in ("MSD_musicnn", "MTT_musicnn")]
    began, music, tracks = time.process_time(), 0.0, 0
    for path in paths:
        seconds, patches = _patches(path)
        if len(patches):
            for run in runs:
                run(patches)
            music, tracks = music + seconds, tracks + 1
    cpu = time.process_time() - began
    status = Path("/proc/self/status").read_text()
    memory = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1000
    folder = Path(tf.__file__).parent.parent
    installed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    print(json.dumps({"cpu": cpu, "music": music, "tracks": tracks, "memory": memory, "installed": installed}))


def _tagger(tf: Any, name: str) -> Any:
    """Returns a function of patches [n, 187, 96]."""
    import musicnn
    from musicnn import models

    graph = tf.Graph()
    with graph.as_default(), tf.name_scope("model"):
        entry = tf.compat.v1.placeholder(tf.float32, [None, PATCH, 96])
        training = tf.compat.v1.placeholder(tf.bool)
        outputs = models.define_model(entry, training, name, 50)
        session = tf.compat.v1.Session(graph=graph)
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().restore(session, f"{Path(musicnn.__file__).parent / name}/")

    def run(patches: Any) -> None:
        for start in range(0, len(patches), BATCH):
            session.run(outputs[-1], {entry: patches[start : start + BATCH], training: False})

    return run


def _patches(path: str) -> tuple[float, Any]:
    """Returns the seconds and all patches of a track, in order."""
    import librosa
    import numpy as np

    samples, rate = librosa.load(path, sr=16000)
    mels = librosa.feature.melspectrogram(y=samples, sr=rate, hop_length=256, n_fft=512, n_mels=96).T
    frames = np.log10(np.float32(10000) * mels.astype(np.float16).astype(np.float32) + 1)
    whole = frames[: len(frames) // PATCH * PATCH]
    return len(samples) / rate, whole.reshape(-1, PATCH, 96)


if __name__ == "__main__":
    main(sys.argv[1:])
