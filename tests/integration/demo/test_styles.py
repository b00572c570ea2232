"""The styles differ in a few simple features, and file formats do not reveal them."""

from __future__ import annotations

from collections import Counter, defaultdict

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.signal import resample_poly, stft

import demo
from demo.catalogue import FORMATS, full
from demo.styles import STYLES

#: All are compared at this rate (Hz), which every file has.
RATE = 22_050
BANDS = 26


def decoded(track: demo.DemoTrack) -> NDArray[np.float64]:
    """Mono at `RATE`."""
    if track.path.suffix == ".m4a":
        with av.open(str(track.path)) as container:
            rate = container.streams.audio[0].rate
            frames = [frame.to_ndarray().mean(axis=0) for frame in container.decode(audio=0)]
        sound = np.concatenate(frames)
    else:
        both, rate = soundfile.read(track.path, always_2d=True)
        sound = both.mean(axis=1)
    divisor = int(np.gcd(rate, RATE))
    return np.asarray(resample_poly(sound, RATE // divisor, rate // divisor), np.float64)


def mean_mfcc(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means and deviations of thirteen cepstral coefficients of a mel spectrum below 8 kHz."""
    hz, _, spectrum = stft(sound, RATE, nperseg=1024, noverlap=512)
    bottom, top = (2595 * float(np.log10(1 + edge / 700)) for edge in (40, 8000))
    mels = np.linspace(bottom, top, BANDS + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    filters = np.clip(np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle)), 0, None)
    bands = np.log(filters @ np.abs(spectrum) ** 2 + 1e-10)
    coefficients = dct(bands, axis=0, norm="ortho")[1:14]
    return np.asarray(np.concatenate([coefficients.mean(axis=1), coefficients.std(axis=1)]))


@pytest.fixture(scope="module")
def features(whole: demo.DemoLibrary) -> tuple[list[demo.DemoTrack], NDArray[np.float64]]:
    tracks = [track for track in whole.tracks if track.kind == "normal"]
    matrix = np.stack([mean_mfcc(decoded(track)) for track in tracks])
    return tracks, (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)


def test_neighbours_share_the_style(features: tuple[list[demo.DemoTrack], NDArray[np.float64]]) -> None:
    # Given
    tracks, matrix = features
    styles = np.array([track.style for track in tracks])
    distance = np.linalg.norm(matrix[:, None] - matrix[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    # When
    nearest = np.argsort(distance, axis=1)[:, :3]
    right = styles[nearest] == styles[:, None]
    # Then
    assert right[:, 0].mean() > 0.9
    assert right.mean() > 0.8
    for style in STYLES:
        inside = distance[np.ix_(styles == style, styles == style)]
        outside = distance[np.ix_(styles == style, styles != style)]
        assert np.median(inside[np.isfinite(inside)]) < 0.95 * np.median(outside), style


def test_pieces_of_one_style_differ(features: tuple[list[demo.DemoTrack], NDArray[np.float64]]) -> None:
    tracks, matrix = features
    for style in STYLES:
        own = matrix[[track.style == style for track in tracks]]
        distance = np.linalg.norm(own[:, None] - own[None], axis=2)[np.triu_indices(len(own), 1)]
        assert np.median(distance) > 0.5, style


def test_every_style_has_every_format_once() -> None:
    # When
    formats: defaultdict[str, Counter[object]] = defaultdict(Counter)
    for entry in full():
        if entry.kind == "normal":
            formats[entry.style][entry.format] += 1
    # Then
    assert formats == {style: Counter(FORMATS) for style in STYLES}


def test_no_position_on_an_album_has_one_format() -> None:
    firsts = {entry.format for entry in full() if entry.kind == "normal" and entry.number == 1}
    assert len(firsts) >= 6
