"""Instruments: functions that make the sound of one note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from demo.instruments import drums, keys, strings, synths, voices
from demo.synthesis import Signal

#: (frequency in Hz, seconds the note is held, velocity 0..1, sample rate, random generator) -> mono samples, including
#: the release.
Instrument: TypeAlias = Callable[[float, float, float, int, np.random.Generator], Signal]

INSTRUMENTS: Final[dict[str, Instrument]] = {
    "piano": keys.piano,
    "electric_piano": keys.electric_piano,
    "vibraphone": keys.vibraphone,
    "bowed": strings.bowed,
    "upright_bass": strings.upright_bass,
    "distorted_guitar": strings.distorted_guitar,
    "muted_guitar": strings.muted_guitar,
    "lead_guitar": strings.lead_guitar,
    "pulse": synths.pulse,
    "thin_pulse": synths.thin_pulse,
    "triangle": synths.triangle,
    "acid": synths.acid,
    "stab": synths.stab,
    "sub": synths.sub,
    "drone": synths.drone,
    "shimmer": synths.shimmer,
    "wind": synths.wind,
    "choir_a": voices.choir_a,
    "choir_o": voices.choir_o,
    "horn": voices.horn,
    "kick": drums.kick,
    "rock_kick": drums.rock_kick,
    "snare": drums.snare,
    "brush": drums.brush,
    "clap": drums.clap,
    "hat": drums.hat,
    "open_hat": drums.open_hat,
    "ride": drums.ride,
    "crash": drums.crash,
    "chip_noise": drums.chip_noise,
}
