"""A counter that counts without a lock, like the histogram in `gateway.metrics.seconds`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector


class Counted:
    """The count of one set of labels."""

    __slots__ = ("count", "created")

    def __init__(self) -> None:
        self.count = 0
        self.created = time.time()


class Counts(Collector):
    """A counter with labels, shown like prometheus_client's. Only the event loop may count."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self._name = name
        self._meaning = meaning
        self._labels = labels
        self._counted: dict[tuple[str, ...], Counted] = {}
        registry.register(self)

    def labels(self, *values: str) -> Counted:
        """Return the count with these values of the labels."""
        found = self._counted.get(values)
        if found is None:
            found = self._counted[values] = Counted()
        return found

    def describe(self) -> Iterator[Metric]:
        """Yield the name alone, so that registering does not need the counts."""
        yield CounterMetricFamily(self._name, self._meaning, labels=self._labels)

    def collect(self) -> Iterator[Metric]:
        """Yield all counts so far."""
        family = CounterMetricFamily(self._name, self._meaning, labels=self._labels)
        for values, counted in self._counted.items():
            family.add_metric(values, counted.count, created=counted.created)
        yield family
