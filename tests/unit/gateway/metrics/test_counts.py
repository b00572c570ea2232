"""Our counter beside prometheus_client's."""

from __future__ import annotations

import time

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from gateway.metrics.counts import Counts


def test_it_is_shown_like_prometheus_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 5.0)
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counts = Counts("sonicmesh_answers", "answers", ("route", "status"), ours)
    counter = Counter("answers", "answers", ("route", "status"), "sonicmesh", registry=theirs)
    assert generate_latest(ours) == generate_latest(theirs)
    for route, status in (("/a", "200"), ('/"b\n', "404"), ("/a", "200"), ("/a", "500")):
        counts.labels(route, status).count += 1
        counter.labels(route, status).inc()
    assert generate_latest(ours) == generate_latest(theirs)
    assert b'sonicmesh_answers_total{route="/a",status="200"} 2.0' in generate_latest(ours)
