"""Mix a file's channels to those that a model expects, and remove bad samples."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
#: Integer samples, scaled to the full range of 32 bits.
Whole = npt.NDArray[np.int32]

Covariance = npt.NDArray[np.float64]

#: Full scale is 1; anything beyond this (or NaN) is damage in a float file, not music.
LARGEST_SAMPLE: Final = 1e6
#: A block does not change the mix if all its channels are quieter (-90 dBFS), or if it is shorter (in seconds).
QUIET: Final = 3e-5
SHORTEST_SECONDS: Final = 0.25
#: Two channels are opposites if their correlation is below minus this.
OPPOSITE: Final = 0.5
#: Seconds of crossfade from one mix to the next.
FADE_SECONDS: Final = 0.01
#: Rounding error that does not count as a difference in loudness.
TOLERANCE: Final = 1e-3
#: Amplitude of centre and surround channels in a fold-down to two (ITU-R BS.775).
FOLD: Final = 0.7071
#: Left and right weights by number of channels, in the order of FLAC and WAVE (L R C LFE BL BR ...; no LFE).
FOLDS: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    3: ((1, 0, FOLD), (0, 1, FOLD)),
    4: ((1, 0, FOLD, 0), (0, 1, 0, FOLD)),
    5: ((1, 0, FOLD, FOLD, 0), (0, 1, FOLD, 0, FOLD)),
    6: ((1, 0, FOLD, 0, FOLD, 0), (0, 1, FOLD, 0, 0, FOLD)),
    7: ((1, 0, FOLD, 0, FOLD, FOLD, 0), (0, 1, FOLD, 0, FOLD, 0, FOLD)),
    8: ((1, 0, FOLD, 0, FOLD, 0, FOLD, 0), (0, 1, FOLD, 0, 0, FOLD, 0, FOLD)),
}


def cleaned(samples: Samples) -> tuple[Samples, float]:
    """Return the samples with NaN, infinities and absurd values set to zero, and their peak."""
    if not samples.size:
        return samples, 0.0
    peak = float(np.maximum(samples.max(), -samples.min()))
    if peak <= LARGEST_SAMPLE:  # false for NaN too
        return samples, peak
    with np.errstate(invalid="ignore"):
        good = np.where(np.abs(samples) <= LARGEST_SAMPLE, samples, np.float32(0))
    return good, float(np.abs(good).max())


def mix(samples: Samples, channels: int) -> Samples:
    """Mix [n, any] to [n, channels], float32, contiguous.

    One channel is the plain mean (swresample's would be 3 dB louder). For two, a mono file gets a second channel of
    zeros; more channels are folded down so that full scale stays full scale.
    """
    have = samples.shape[1]
    if have == channels:
        return np.ascontiguousarray(samples)
    if channels == 1:
        return np.ascontiguousarray(samples.mean(axis=1, keepdims=True, dtype=np.float32))
    if have == 1:
        return np.concatenate([samples, np.zeros_like(samples)], axis=1)
    return samples @ fold_weights(have)


def fold_weights(channels: int) -> Samples:
    """Return float32 [channels, 2] whose columns sum to 1; unknown layouts alternate left and right."""
    fold = FOLDS.get(channels)
    weights = np.array(fold if fold else [[1 - n % 2 for n in range(channels)], [n % 2 for n in range(channels)]])
    return np.ascontiguousarray((weights / weights.sum(axis=1, keepdims=True)).T, dtype=np.float32)


def cancelled(covariance: Covariance, weights: Covariance) -> bool:
    """Whether a mix with these weights is more than 6 dB (half the amplitude) below its loudest channel.

    `covariance` is [n, n] of the channels, `weights` [n]. False for a file with one silent channel: its mix is exactly
    6 dB below.
    """
    loudest = float(np.diagonal(covariance)[weights != 0].max(initial=0.0))
    return loudest > 0 and float(weights @ covariance @ weights) < loudest / 4 * (1 - TOLERANCE)


def uncancelled(covariance: Covariance, weights: Covariance) -> Covariance:
    """Return weights for channels that cancel each other out.

    Of two channels, take the louder one: it holds both what is in phase and what is out of phase. Of more, take all,
    but invert each that is another one's opposite; if none is, the weights stay.
    """
    power = np.diagonal(covariance)
    order = np.argsort(-(weights**2 * power), kind="stable")
    if len(weights) == 2:
        return np.where(np.arange(2) == order[0], 1.0, 0.0)
    spread = np.sqrt(np.maximum(np.outer(power, power), np.finfo(np.float64).tiny))
    correlation = covariance / spread
    signs = np.zeros_like(weights)
    for channel in order:
        to_others = signs * correlation[channel]
        nearest = to_others[np.argmax(np.abs(to_others))]
        signs[channel] = -1 if nearest < -OPPOSITE else 1
    return signs * weights


class ChannelMixer:
    """Mixes the blocks of one track to `channels`.

    The result is the plain mix, bit for bit, unless the channels cancel each other out in it. While they do, it uses
    weights that keep them audible. Changes are crossfaded.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._weights: Covariance | None = None

    def mix(self, samples: Samples, rate: int) -> Samples:
        """Mix [n, any] to [n, channels], as the function `mix` does."""
        plain = mix(samples, self._channels)
        have = samples.shape[1]
        if have <= self._channels:
            self._weights = None
            return plain
        before = self._weights if self._weights is not None and len(self._weights) == have else None
        if len(samples) >= SHORTEST_SECONDS * rate or before is None:
            self._weights = self._choose(samples, plain, before)
        if self._weights is None and before is None:
            return plain
        now = _weighed(samples, self._weights, plain)
        if before is not self._weights:
            count = min(len(samples), int(FADE_SECONDS * rate))
            fade = np.linspace(0, 1, count, dtype=np.float32)[:, None]
            then = _weighed(samples[:count], before, plain[:count])
            now[:count] = then * (1 - fade) + now[:count] * fade
        return now

    def _choose(self, samples: Samples, mixed: Samples, before: Covariance | None) -> Covariance | None:
        """Return weights [have, channels] for a block, or None for the plain mix; keep earlier ones while they work."""
        power = _powers(samples)
        if power.max() < QUIET**2 * len(samples):
            return before
        plain = _plain_weights(samples.shape[1], self._channels)
        loudest = np.where(plain.T != 0, power, 0).max(axis=1)
        if not (_powers(mixed) < loudest / 4 * (1 - TOLERANCE)).any():  # usually; saves the covariance
            return None
        covariance = (samples.T @ samples).astype(np.float64)
        bad = [cancelled(covariance, column) for column in plain.T]
        if not any(bad):
            return None
        if before is not None and not any(cancelled(covariance, column) for column in before.T):
            return before
        columns = [uncancelled(covariance, c) if wrong else c for c, wrong in zip(plain.T, bad, strict=True)]
        chosen = np.stack(columns, axis=1)
        return None if np.array_equal(chosen, plain) else chosen


def _powers(samples: Samples) -> Covariance:
    """Return the sum of squares of each channel."""
    return np.array([np.dot(channel, channel) for channel in samples.T], np.float64)


def _plain_weights(have: int, channels: int) -> Covariance:
    """Return the weights [have, channels] that `mix` uses."""
    return np.full((have, 1), 1 / have) if channels == 1 else fold_weights(have).astype(np.float64)


def _weighed(samples: Samples, weights: Covariance | None, plain: Samples) -> Samples:
    return plain.copy() if weights is None else samples @ weights.astype(np.float32)
