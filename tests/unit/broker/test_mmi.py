from __future__ import annotations

import time

from broker import wire
from broker.wire import Header, Reply, pack_map
from contract.errors import InvalidRequest, NotFound
from tests.harness.desk import Desk


def ask(desk: Desk, service: str, params: dict[str, object] | None = None) -> Reply:
    header = Header("m", "op", time.time() + 9).pack()
    desk.receive(b"me", wire.CLIENT, wire.CLIENT_REQUEST, service.encode(), header, pack_map(params or {}))
    outcome = desk.outcomes(b"me")["m"]
    assert isinstance(outcome, Reply)
    return outcome


def test_services_and_workers_are_listed() -> None:
    desk = Desk(["search"])
    desk.ready(b"muq_01", "embed.muq", credit=3, pid=12, device="cpu", colour=["green"])
    desk.ready(b"x", "worker.muq_01")
    desk.ask(b"c", "r", "embed.muq@batch")
    muq, search = ask(desk, "mmi.services").result["services"]
    assert muq == {
        "service": "embed.muq", "workers": 1, "credit": 3, "queued": 0, "in_flight": 1, "configured": False,
    }  # fmt: skip
    assert (search["service"], search["workers"], search["configured"]) == ("search", 0, True)
    [row] = ask(desk, "mmi.workers").result["workers"]
    assert (row["worker"], row["pid"], row["device"], row["colour"]) == ("muq_01", 12, "cpu", ["green"])
    assert (row["in_flight"], row["foreign"]) == (1, False)


def test_queues_show_lanes_and_counters() -> None:
    desk = Desk(["search"])
    desk.ask(b"c", "r", "search@upload")
    desk.receive(b"c", b"nonsense")
    result = ask(desk, "mmi.queues").result
    assert result["queues"]["search"] == {"interactive": 0, "upload": 1, "batch": 0, "suspects": 0}
    assert (result["open"], result["counters"]["malformed"]) == (1, 1)


def test_cancel_reaches_only_ones_own_requests() -> None:
    desk = Desk(["search"])
    desk.ask(b"me", "mine", "search")
    desk.ask(b"you", "yours", "search")
    assert ask(desk, "mmi.cancel", {"id": "yours"}).result == {"cancelled": False}
    assert ask(desk, "mmi.cancel", {"id": "mine"}).result == {"cancelled": True}
    assert len(desk.dispatcher.in_flight) == 1


def test_service_is_told_by_code() -> None:
    desk = Desk(["search"])
    desk.ready(b"w", "echo")
    assert ask(desk, "mmi.service", {"service": "echo"}).result["code"] == 200
    assert ask(desk, "mmi.service", {"service": "search"}).result["code"] == 404


def test_mistakes_are_answered() -> None:
    desk = Desk()
    desk.ask(b"me", "m", "mmi.nothing")
    assert isinstance(desk.outcomes(b"me")["m"], NotFound)
    header = Header("m", "op", time.time() + 9).pack()
    desk.receive(b"me", wire.CLIENT, wire.CLIENT_REQUEST, b"mmi.services", header)
    assert isinstance(desk.outcomes(b"me")["m"], InvalidRequest)
    desk.receive(b"me", wire.CLIENT, wire.CLIENT_REQUEST, b"mmi.services", header, pack_map({}))
    assert isinstance(desk.outcomes(b"me")["m"], Reply)
