"""A histogram of seconds that counts without locks: the event loop alone observes, dozens of times per millisecond.

prometheus_client's own histogram takes a lock for every number that it changes, five times the cost of counting.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import inf
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

#: Upper ends of the buckets, in seconds.
BUCKETS: Final = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    inf,
)


class Observed:
    """The observations of one set of labels."""

    __slots__ = ("counts", "created", "sum")

    def __init__(self) -> None:
        self.counts = [0] * len(BUCKETS)
        self.sum = 0.0
        self.created = time.time()

    def observe(self, seconds: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.sum += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return each bucket's upper end and the number of observations up to it."""
        total = 0
        found = []
        for end, count in zip(BUCKETS, self.counts, strict=True):
            total += count
            found.append(("+Inf" if end == inf else str(end), float(total)))
        return found


class Seconds(Collector):
    """A histogram with labels, shown like prometheus_client's."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self._name = name
        self._meaning = meaning
        self._labels = labels
        self._observed: dict[tuple[str, ...], Observed] = {}
        registry.register(self)

    def labels(self, *values: str) -> Observed:
        """Return the observations with these values of the labels."""
        found = self._observed.get(values)
        if found is None:
            found = self._observed[values] = Observed()
        return found

    def describe(self) -> Iterator[Metric]:
        """Yield the name alone, so that registering does not need the observations."""
        yield HistogramMetricFamily(self._name, self._meaning, labels=self._labels)

    def collect(self) -> Iterator[Metric]:
        """Yield all observations so far."""
        family = HistogramMetricFamily(self._name, self._meaning, labels=self._labels)
        for values, observed in self._observed.items():
            family.add_metric(values, observed.buckets(), observed.sum)
            family.add_sample(f"{self._name}_created", dict(zip(self._labels, values, strict=True)), observed.created)
        yield family
