"""`python -m bench.broker`: the broker beside the C `zmq.proxy`, same worker, same frames, same client, over ipc.

Both run at the same time and are measured in turns. The goal applies to the median of the ratios of neighbouring
measurements, which a noisy machine disturbs least.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import Load, Rig, running
from bench.report import Against, Row, report

#: Measurements per pair, and seconds per measurement.
REPEATS = 21
SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Case:
    """One load, and the lowest acceptable share of the proxy's throughput; None for no goal."""

    name: str
    load: Load
    goal: float | None


CASES = (
    Case("200 B, 64 in flight", Load(200, 64), 0.8),
    Case("6 KB, 64 in flight", Load(6_000, 64), 0.8),
    Case("300 KB, 8 in flight", Load(300_000, 8), None),
)
#: One request at a time, and the highest acceptable ratio of its median to the proxy's.
LOCKSTEP = Load(200, 1)
LOCKSTEP_GOAL = 1.25


def measure_throughput(rig: Rig, case: Case, repeats: int, seconds: float) -> list[Row]:
    """Measure replies per second and processor time per reply of both, and the median ratio of the rates."""
    before = rig.proxy.cpu_seconds(), rig.broker.cpu_seconds()
    pairs = [(rig.proxy.run(case.load, seconds), rig.broker.run(case.load, seconds)) for _ in range(repeats)]
    spent = rig.proxy.cpu_seconds() - before[0], rig.broker.cpu_seconds() - before[1]
    ratio = statistics.median(broker.rate / proxy.rate for proxy, broker in pairs)
    rows, rates = [], []
    for index, name in enumerate(("proxy", "broker")):
        rate = statistics.median(pair[index].rate for pair in pairs)
        rates.append(rate)
        replies = sum(pair[index].replies for pair in pairs)
        rows.append(Row(f"{case.name}: {name}", rate, "1/s"))
        rows.append(Row(f"{case.name}: {name}, CPU per reply", 1e6 * spent[index] / replies, "us"))
    against = Against("C zmq.proxy", rates[1], rates[0], "1/s")
    if case.goal is None:
        return [*rows, Row(f"{case.name}: ratio", ratio, "", against=against)]
    return [*rows, Row(f"{case.name}: ratio", ratio, "", f">= {case.goal}", ratio >= case.goal, against)]


def measure_lockstep(rig: Rig, repeats: int, seconds: float) -> list[Row]:
    """Measure the median milliseconds of a single request on both, and the median ratio."""
    pairs = [(rig.proxy.run(LOCKSTEP, seconds), rig.broker.run(LOCKSTEP, seconds)) for _ in range(repeats)]
    ratio = statistics.median(broker.p50 / proxy.p50 for proxy, broker in pairs)
    theirs, ours = (1000 * statistics.median(pair[index].p50 for pair in pairs) for index in (0, 1))
    against = Against("C zmq.proxy", ours, theirs, "ms")
    return [
        Row("lockstep p50: proxy", theirs, "ms"),
        Row("lockstep p50: broker", ours, "ms"),
        Row("lockstep p50: ratio", ratio, "", f"<= {LOCKSTEP_GOAL}", ratio <= LOCKSTEP_GOAL, against),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.broker", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="measurements of each pair")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of one measurement")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sm") as folder, running(Path(folder)) as rig:
        rows = [row for case in CASES for row in measure_throughput(rig, case, options.repeats, options.seconds)]
        rows += measure_lockstep(rig, options.repeats, options.seconds)
        rows.append(Row("memory of the broker", rig.broker.resident_bytes() / 1e6, "MB"))
    return report("Broker beside the C zmq.proxy (ipc)", rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
