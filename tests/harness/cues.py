"""CUE sheets and files to cut, made for one test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 44100

Samples = npt.NDArray[np.int32]


def noise(seconds: float, bits: int = 16, rate: int = RATE, seed: int = 0) -> Samples:
    """Stereo noise as whole numbers of `bits` bits at the upper end of 32; both extremes are in it."""
    most = 2 ** (bits - 1)
    values = np.random.default_rng(seed).integers(-most, most, (int(seconds * rate), 2), dtype=np.int64)
    values[0], values[-1] = -most, most - 1
    return (values << (32 - bits)).astype(np.int32)


def save(path: Path, samples: npt.NDArray[Any], subtype: str = "PCM_16", rate: int = RATE) -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def sheet(*starts: str, file: str = "CDImage.wav", head: str = "", titles: tuple[str, ...] = ()) -> str:
    """A sheet of one FILE; `starts` are the times of INDEX 01."""
    lines = [head] if head else []
    lines += ['PERFORMER "Nordlys Trio"', 'TITLE "Winter Rooms"', f'FILE "{file}" WAVE']
    for number, start in enumerate(starts, 1):
        title = titles[number - 1] if titles else f"Room {number}"
        lines += [f"  TRACK {number:02d} AUDIO", f'    TITLE "{title}"', f"    INDEX 01 {start}"]
    return "\r\n".join(lines) + "\r\n"
