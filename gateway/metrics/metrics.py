"""Metrics for Prometheus: requests, calls into the mesh with their queue and inference seconds, jobs.

Labels are routes, services, operations and codes: names from the code, never ids, users or texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.process_collector import ProcessCollector

from contract.event import Event
from contract.events import JobProgress, TrackEnded
from contract.jobs import EMBED
from gateway.metrics.counts import Counts
from gateway.metrics.seconds import Seconds

PREFIX: Final = "sonicmesh"


class Metrics:
    """The metrics of this process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(namespace=PREFIX, registry=registry)
        self.requests = Counts(
            f"{PREFIX}_http_requests", "HTTP requests answered", ("route", "method", "status"), registry
        )
        self.total_seconds = _seconds(
            "http_total", "from the first byte of a request to its response", ("route",), registry
        )
        self.call_seconds = _seconds("call", "of a call into the mesh", ("service",), registry)
        self.queue_seconds = _seconds("queue", "of a call without its inference", ("service",), registry)
        self.inference_seconds = _seconds("inference", "that a worker computed on a call", ("service",), registry)
        self.call_errors = Counter(
            "call_errors", "calls into the mesh that failed", ("service", "code"), PREFIX, registry=registry
        )
        self.broker_up = _gauge("broker_up", "1 while the broker answers", (), registry)
        self.workers = _gauge("workers", "workers that are registered", ("service",), registry)
        self.queued = _gauge("queue_length", "requests that wait for a worker", ("service", "lane"), registry)
        self.listeners = _gauge("event_listeners", "open /events streams", (), registry)
        self.operations = _gauge("job_operations", "operations of the running or last job", ("state",), registry)
        self.tracks = Counter("tracks", "tracks embedded or failed", ("model", "outcome"), PREFIX, registry=registry)

        # Looking a metric up by its labels costs more than counting, so look each up once.
        self._of_request = cache(
            lambda route, method, status: (
                self.requests.labels(route, method, str(status)),
                self.total_seconds.labels(route),
            )
        )
        self._of_call = cache(
            lambda service: (
                self.call_seconds.labels(service),
                self.inference_seconds.labels(service),
                self.queue_seconds.labels(service),
            )
        )

    def observe_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered HTTP request."""
        answered, total = self._of_request(route, method, status)
        answered.count += 1
        total.observe(seconds)

    def observe_call(self, service: str, seconds: float, stages: Mapping[str, Any]) -> None:
        """Count one successful call; the time its worker did not compute counts as waiting."""
        whole, inference, queue = self._of_call(service)
        whole.observe(seconds)
        compute = stages.get("compute")
        if isinstance(compute, (int, float)):
            inference.observe(compute)
            queue.observe(max(0.0, seconds - compute))

    def observe_event(self, event: Event) -> None:
        """Count job events."""
        if isinstance(event, TrackEnded):
            self.tracks.labels(event.model[:32], "done" if event.ok else "failed").inc()
        elif isinstance(event, JobProgress) and event.kind == EMBED:
            self.operations.labels("total").set(event.total_operations)
            self.operations.labels("processed").set(event.processed_operations)

    def render(self) -> bytes:
        """Return the metrics in Prometheus text format 0.0.4."""
        return generate_latest(self.registry)


def _seconds(name: str, what: str, labels: tuple[str, ...], registry: CollectorRegistry) -> Seconds:
    return Seconds(f"{PREFIX}_{name}_seconds", f"seconds {what}", labels, registry)


def _gauge(name: str, what: str, labels: tuple[str, ...], registry: CollectorRegistry) -> Gauge:
    return Gauge(name, what, labels, PREFIX, registry=registry)
