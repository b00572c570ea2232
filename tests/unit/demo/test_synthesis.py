"""Oscillators, filters and rooms do what their names say; every instrument works at every rate."""

from __future__ import annotations

import numpy as np
import pytest

from demo.instruments import INSTRUMENTS
from demo.synthesis import Signal, decay, echo, hertz, highpass, lowpass, noise, oscillator, reverb, sine, swell

RATE = 44_100


def strongest(sound: Signal, rate: int = RATE) -> float:
    power = np.abs(np.fft.rfft(sound))
    return float(np.argmax(power) * rate / len(sound))


def level(sound: Signal, low: float, high: float, rate: int = RATE) -> float:
    """Energy between two frequencies as a share of all."""
    power = np.square(np.abs(np.fft.rfft(sound)))
    hz = np.fft.rfftfreq(len(sound), 1 / rate)
    return float(power[(hz >= low) & (hz < high)].sum() / power.sum())


@pytest.mark.parametrize("pitch", [33, 69, 100])
def test_an_oscillator_has_its_pitch(pitch: int) -> None:
    tone = oscillator((1.0, 0.5, 0.25), hertz(pitch), RATE, RATE)
    assert strongest(tone) == pytest.approx(hertz(pitch), abs=1.5)


def test_an_oscillator_does_not_alias() -> None:
    # Given a saw whose partials would pass the middle of the rate
    saw = oscillator(tuple(1 / k for k in range(1, 60)), 3000.0, 22_050, 22_050)
    # Then between the partials there is next to nothing
    assert level(saw, 3100, 5900, 22_050) + level(saw, 9100, 11_025, 22_050) < 1e-5


def test_a_sine_above_the_rate_is_silence() -> None:
    assert not sine(15_000, 100, 22_050).any()


def test_envelopes() -> None:
    assert decay(RATE, RATE, 0.5)[RATE // 2] == pytest.approx(np.exp(-1), abs=1e-3)
    shape = swell(RATE, RATE, 0.1, 0.2)
    assert shape[0] == shape[-1] == 0
    assert shape[RATE // 2] == 1


def test_filters_keep_their_side() -> None:
    hiss = noise(np.random.default_rng(1), RATE)
    assert level(lowpass(hiss, 500, RATE), 0, 1000) > 0.95
    assert level(highpass(hiss, 8000, RATE), 4000, RATE) > 0.95


def test_a_room_rings_on_and_an_echo_repeats_on_the_other_side() -> None:
    # Given a click on the left
    click = np.zeros((2, RATE), np.float32)
    click[0, 0] = 1
    # When
    tail = reverb(click, 0.5, RATE, 5000)
    repeats = echo(click, 0.25, 0.5, RATE)
    # Then
    early, late = (float(np.square(tail[0, a:b]).sum()) for a, b in ((0, 4410), (17640, 22050)))
    assert 0 < late < early / 100
    assert repeats[1, RATE // 4] == 0.5
    assert repeats[0, RATE // 2] == 0.25


@pytest.mark.parametrize("rate", [22_050, 48_000])
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_instrument_sounds_and_gets_softer(name: str, rate: int) -> None:
    play = INSTRUMENTS[name]
    loud, soft = (play(220.0, 0.3, velocity, rate, np.random.default_rng(3)) for velocity in (1.0, 0.3))
    assert loud.dtype == np.float32
    assert np.isfinite(loud).all()
    assert 0.02 < float(np.abs(loud).max()) < 4
    assert float(np.square(soft).mean()) < float(np.square(loud).mean()) or name == "triangle"  # it has one volume
