"""Learn what `workers.sound` weighs: a network for tempi, profiles of keys, and weights of spoken word."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import minimize

from workers.models.spectral.frames import Array
from workers.sound.constants import Network
from workers.sound.tempo import CANDIDATES, COMMON, LOWEST, PER_OCTAVE

#: Tempi of the songs, and the candidates on either side at which their evidence is taken, too: a song seen from
#: there looks like the same song at another tempo.
SLOWEST, FASTEST = 60, 180
MARGIN: Final = int(1.6 * PER_OCTAVE)
WIDE: Final[Array] = (LOWEST * 2 ** ((np.arange(len(CANDIDATES) + 2 * MARGIN) - MARGIN) / PER_OCTAVE)).astype(
    np.float32
)
#: Other tempi at which each song is learned, hidden units, steps, songs per step, share of inputs left out per step.
SHIFTS, UNITS, STEPS, BATCH, LEFT_OUT = 14, 24, 2500, 24, 0.25
#: Networks whose mean is kept.
NETWORKS: Final = 3
#: How far, in octaves, a candidate may be from the truth, and the weight decay of each learner.
BLUR: Final = 0.02
DECAY, KEY_DECAY, SPEECH_DECAY = 1e-4, 6e-4, 3e-4


def learn_tempo(evidence: np.ndarray, bpm: np.ndarray) -> Network:
    """Learn from evidence [songs, len(WIDE), numbers] and tempi [songs]."""
    mean = evidence.reshape(-1, evidence.shape[2]).mean(axis=0)
    deviation = evidence.reshape(-1, evidence.shape[2]).std(axis=0) + 1e-6
    parts = [_network((evidence - mean) / deviation, bpm, np.random.default_rng(seed)) for seed in range(NETWORKS)]
    return Network(
        mean=mean.astype(np.float32),
        deviation=deviation.astype(np.float32),
        hidden=np.concatenate([part[0] for part in parts], axis=1),
        bias=np.concatenate([part[1] for part in parts]),
        out=np.asarray(np.concatenate([part[2] for part in parts]) / NETWORKS, np.float32),
        direct=np.asarray(sum(part[3] for part in parts) / NETWORKS, np.float32),
    )


def _shifted(evidence: np.ndarray, bpm: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs [n, candidates, numbers + 2] and targets [n, candidates] of all songs, also at other tempi."""
    octaves = np.log2(CANDIDATES / COMMON)
    inputs, targets = [], []
    for song, beats in zip(evidence, bpm, strict=True):
        low, high = (round(np.log2(limit / beats) * PER_OCTAVE) for limit in (SLOWEST, FASTEST))
        for shift in (0, *rng.choice(np.arange(low, high + 1), SHIFTS, replace=False)):
            start = MARGIN - int(shift)
            inputs.append(np.column_stack([song[start : start + len(CANDIDATES)], octaves, octaves**2]))
            distance = np.log2(CANDIDATES / beats) - shift / PER_OCTAVE
            near = np.exp(-0.5 * (distance / BLUR) ** 2)
            targets.append(near / near.sum())
    return np.asarray(inputs, np.float32), np.asarray(targets, np.float32)


def _network(evidence: np.ndarray, bpm: np.ndarray, rng: np.random.Generator) -> list[Array]:
    """Return hidden, bias, out and direct weights: Adam on the cross entropy, averaged over the last steps."""
    inputs, targets = _shifted(evidence, bpm, rng)
    size = inputs.shape[2]
    weights = [
        (rng.normal(0, 1 / np.sqrt(size), (size, UNITS))).astype(np.float32),
        np.zeros(UNITS, np.float32),
        rng.normal(0, 1 / np.sqrt(UNITS), UNITS).astype(np.float32),
        np.zeros(size, np.float32),
    ]
    first, second, mean = ([np.zeros_like(weight) for weight in weights] for _ in range(3))
    averaged = 0
    for step in range(1, STEPS + 1):
        chosen = rng.integers(0, len(inputs), BATCH)
        kept = (rng.random(size) > LEFT_OUT) / (1 - LEFT_OUT)
        gradients = _gradients(weights, (inputs[chosen] * kept).astype(np.float32), targets[chosen])
        rate = 3e-3 * (1 - step / STEPS) ** 0.5 + 1e-5
        for at, gradient in enumerate(gradients):
            decayed = gradient + DECAY * weights[at]
            first[at] += 0.1 * (decayed - first[at])
            second[at] += 0.01 * (decayed**2 - second[at])
            weights[at] -= rate * (first[at] / (1 - 0.9**step)) / (np.sqrt(second[at] / (1 - 0.99**step)) + 1e-8)
        if step > 0.6 * STEPS:
            averaged += 1
            for at, weight in enumerate(weights):
                mean[at] += (weight - mean[at]) / averaged
    return mean


def _gradients(weights: list[Array], inputs: Array, targets: Array) -> list[Array]:
    hidden, bias, out, direct = weights
    units = np.tanh(inputs @ hidden + bias)
    scores = units @ out + inputs @ direct
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    wrong = (likely / likely.sum(axis=1, keepdims=True) - targets) / len(inputs)
    back = wrong[..., None] * out * (1 - units**2)
    both = ((0, 1), (0, 1))
    return [
        np.tensordot(inputs, back, both),
        back.sum(axis=(0, 1)),
        np.tensordot(units, wrong, both),
        np.tensordot(inputs, wrong, both),
    ]


def learn_keys(turned: np.ndarray, keys: np.ndarray) -> tuple[Array, Array, float]:
    """Return profiles of major and minor and the bias of minor, from chroma [songs, 12, 24] and key numbers."""
    size = turned.shape[2]
    truth = np.eye(24)[keys]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.concatenate([turned @ weights[:size], turned @ weights[size:-1] + weights[-1]], axis=1)
        scores -= scores.max(axis=1, keepdims=True)
        total = np.exp(scores).sum(axis=1, keepdims=True)
        wrong = (np.exp(scores) / total - truth) / len(keys)
        major = np.einsum("nk,nkj->j", wrong[:, :12], turned)
        minor = np.einsum("nk,nkj->j", wrong[:, 12:], turned)
        value = -(truth * (scores - np.log(total))).sum(axis=1).mean() + KEY_DECAY * (weights**2).sum()
        return float(value), np.concatenate([major, minor, [wrong[:, 12:].sum()]]) + 2 * KEY_DECAY * weights

    found = minimize(loss, np.zeros(2 * size + 1), jac=True, method="L-BFGS-B").x
    return found[:size].astype(np.float32), found[size:-1].astype(np.float32), float(found[-1])


def learn_speech(music: np.ndarray, speech: np.ndarray) -> tuple[Array, float]:
    """Return weights and bias from the numbers [n, 10] of music and of spoken words; both weigh the same."""
    numbers = np.concatenate([music, speech])
    spoken = np.r_[np.zeros(len(music)), np.ones(len(speech))]
    share = np.where(spoken > 0, 0.5 / len(speech), 0.5 / len(music))
    mean, deviation = numbers.mean(axis=0), numbers.std(axis=0)
    inputs = (numbers - mean) / deviation

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        likely = 1 / (1 + np.exp(-(inputs @ weights[:-1] + weights[-1])))
        miss = spoken * np.log(likely + 1e-12) + (1 - spoken) * np.log(1 - likely + 1e-12)
        wrong = share * (likely - spoken)
        gradient = np.r_[inputs.T @ wrong + 2 * SPEECH_DECAY * weights[:-1], wrong.sum()]
        return float(-(share * miss).sum() + SPEECH_DECAY * (weights[:-1] ** 2).sum()), gradient

    found = minimize(loss, np.zeros(inputs.shape[1] + 1), jac=True).x
    weights = found[:-1] / deviation
    return weights.astype(np.float32), float(found[-1] - (weights * mean).sum())
