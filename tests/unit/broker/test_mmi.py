from __future__ import annotations

import time

from broker import wire
from broker.wire import Header, Reply, pack_map
from contract.errors import InvalidRequest, NotFound
from tests.harness.broker_protocol import BrokerProtocol


def ask(protocol: BrokerProtocol, service: str, params: dict[str, object] | None = None) -> Reply:
    header = Header("m", "op", time.time() + 9).pack()
    protocol.receive(b"me", wire.CLIENT, wire.CLIENT_REQUEST, service.encode(), header, pack_map(params or {}))
    outcome = protocol.outcomes(b"me")["m"]
    assert isinstance(outcome, Reply)
    return outcome


def test_services_and_workers_are_listed() -> None:
    protocol = BrokerProtocol(["search"])
    protocol.ready(b"muq_01", "embed.muq", credit=3, pid=12, device="cpu", colour=["green"])
    protocol.ready(b"x", "worker.muq_01")
    protocol.ask(b"c", "r", "embed.muq@batch")
    muq, search = ask(protocol, "mmi.services").result["services"]
    assert muq == {
        "service": "embed.muq", "workers": 1, "credit": 3, "queued": 0, "in_flight": 1, "configured": False,
    }  # fmt: skip
    assert (search["service"], search["workers"], search["configured"]) == ("search", 0, True)
    [row] = ask(protocol, "mmi.workers").result["workers"]
    assert (row["worker"], row["pid"], row["device"], row["colour"]) == ("muq_01", 12, "cpu", ["green"])
    assert (row["in_flight"], row["foreign"]) == (1, False)


def test_queues_show_lanes_and_counters() -> None:
    protocol = BrokerProtocol(["search"])
    protocol.ask(b"c", "r", "search@upload")
    protocol.receive(b"c", b"nonsense")
    result = ask(protocol, "mmi.queues").result
    assert result["queues"]["search"] == {"interactive": 0, "upload": 1, "batch": 0, "suspects": 0}
    assert (result["open"], result["counters"]["malformed"]) == (1, 1)


def test_cancel_reaches_only_ones_own_requests() -> None:
    protocol = BrokerProtocol(["search"])
    protocol.ask(b"me", "mine", "search")
    protocol.ask(b"you", "yours", "search")
    assert ask(protocol, "mmi.cancel", {"id": "yours"}).result == {"cancelled": False}
    assert ask(protocol, "mmi.cancel", {"id": "mine"}).result == {"cancelled": True}
    assert len(protocol.dispatcher.in_flight) == 1


def test_service_is_told_by_code() -> None:
    protocol = BrokerProtocol(["search"])
    protocol.ready(b"w", "echo")
    assert ask(protocol, "mmi.service", {"service": "echo"}).result["code"] == 200
    assert ask(protocol, "mmi.service", {"service": "search"}).result["code"] == 404


def test_mistakes_are_answered() -> None:
    protocol = BrokerProtocol()
    protocol.ask(b"me", "m", "mmi.nothing")
    assert isinstance(protocol.outcomes(b"me")["m"], NotFound)
    header = Header("m", "op", time.time() + 9).pack()
    protocol.receive(b"me", wire.CLIENT, wire.CLIENT_REQUEST, b"mmi.services", header)
    assert isinstance(protocol.outcomes(b"me")["m"], InvalidRequest)
    protocol.receive(b"me", wire.CLIENT, wire.CLIENT_REQUEST, b"mmi.services", header, pack_map({}))
    assert isinstance(protocol.outcomes(b"me")["m"], Reply)
