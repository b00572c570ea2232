"""What the benches of faults and of the mixed load make of what they counted."""

from __future__ import annotations

import time

import pytest

from bench.faults.__main__ import rows
from bench.faults.tally import Round, Tally
from bench.soak import WARM_SECONDS, Sample, growth


def test_the_recovery_is_the_longest_silence_after_the_fault() -> None:
    tally = Tally(times=[1.0, 2.0, 5.0, 5.5, 9.0])
    assert tally.silence(4.0) == pytest.approx(3.5)
    assert tally.silence(9.5) == 0.0


def answered(number: int) -> Tally:
    tally = Tally()
    for _ in range(number):
        tally.send()
        tally.right()
    return tally


def test_a_round_is_good_if_every_request_got_its_one_right_answer() -> None:
    assert answered(3).good
    for break_it in (
        lambda tally: tally.send(),
        lambda tally: tally.fail("no_worker"),
        lambda tally: tally.mistake("wrong"),
        lambda tally: setattr(tally, "lost", 1),
        lambda tally: setattr(tally, "twice", 1),
        lambda tally: tally.expect(False, "ended"),
    ):
        tally = answered(3)
        break_it(tally)
        assert not tally.good


def test_one_bad_round_misses_the_goal() -> None:
    bad = answered(2)
    bad.lost = 1
    [kill, stop] = rows([Round("kill", answered(1), 1.0), Round("stop", answered(1), 2.0), Round("kill", bad, 4.0)])
    assert (kill.name, kill.value, kill.met) == ("kill", 2.5, False)
    assert "worst 4.00 s" in kill.goal
    assert (stop.value, stop.met) == (2.0, True)


def test_growth_counts_from_the_last_start_once_it_is_warm() -> None:
    began = time.monotonic()

    def life(pid: int, start: float, memory: int) -> list[Sample]:
        return [Sample(pid, began + start + 5 * step, memory + step, 10, 4) for step in range(20)]

    samples = [*life(1, 0, 1000), *life(2, 100, 2000)]
    ends = growth(samples)
    assert ends is not None
    warm, last = ends
    assert (warm.pid, warm.memory, last.memory) == (2, 2000 + int(WARM_SECONDS / 5) + 1, 2018)
    assert growth(life(1, 0, 0)[:10]) is None
