from __future__ import annotations

import time

from broker import wire
from broker.dispatch import MEMORY_SECONDS, POISON_DEATHS, SETTLE_SECONDS
from broker.lanes import PATIENCE
from broker.wire import Reply
from contract.errors import Busy, DeadlineExceeded, NoWorker, Poisoned
from contract.presence import WorkerDown, WorkerUp
from tests.harness.broker_protocol import BrokerProtocol


def test_worker_never_holds_more_than_its_credit() -> None:
    # Given
    protocol = BrokerProtocol()
    protocol.ready(b"w", credit=2)
    # When
    for n in range(5):
        protocol.ask(b"c", f"r{n}")
    # Then
    first = protocol.deliveries(b"w")
    assert [request_id for _, request_id in first] == ["r0", "r1"]
    protocol.finish(b"w", *first[1], n=1)
    assert [request_id for _, request_id in protocol.deliveries(b"w")] == ["r2"]


def test_least_loaded_worker_is_next() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"a", credit=4)
    protocol.ready(b"b", credit=4)
    for n in range(4):
        protocol.ask(b"c", f"r{n}")
    assert len(protocol.deliveries(b"a")) == len(protocol.deliveries(b"b")) == 2


def test_reply_reaches_its_client_untouched() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    protocol.ask(b"c", "r", "s@batch")
    [(token, _)] = protocol.deliveries(b"w")
    protocol.receive(b"w", wire.WORKER, wire.FINAL, token, b"", b"anything", b"")
    assert protocol.take(b"c") == [[wire.CLIENT, wire.CLIENT_FINAL, b"s@batch", b"anything", b""]]
    assert len(protocol.dispatcher.in_flight) == 0


def test_partial_replies_are_forwarded_and_keep_the_request_open() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    protocol.ask(b"c", "r")
    [(token, _)] = protocol.deliveries(b"w")
    protocol.receive(b"w", wire.WORKER, wire.PARTIAL, token, b"", b"half")
    protocol.receive(b"w", wire.WORKER, wire.FINAL, token, b"", b"all")
    assert [frames[1] for frames in protocol.take(b"c")] == [wire.CLIENT_PARTIAL, wire.CLIENT_FINAL]


def test_interactive_goes_first_and_batch_is_not_starved() -> None:
    # Given a busy worker and full lanes
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    protocol.ask(b"c", "now")
    for n in range(30):
        protocol.ask(b"c", f"batch{n}", "s@batch")
    for n in range(30):
        protocol.ask(b"c", f"interactive{n}")
    # When the worker goes on
    order = []
    for _ in range(20):
        [(token, request_id)] = protocol.deliveries(b"w")
        order.append(request_id)
        protocol.finish(b"w", token, request_id)
    # Then
    assert order[1] == "interactive0"
    assert [i for i, request_id in enumerate(order) if request_id.startswith("batch")] == [
        PATIENCE + 1,
        2 * PATIENCE + 2,
    ]


def test_full_queue_is_busy() -> None:
    protocol = BrokerProtocol(["s"], requests=2)
    for n in range(3):
        protocol.ask(b"c", f"r{n}")
    [(request_id, outcome)] = protocol.outcomes(b"c").items()
    assert request_id == "r2"
    assert isinstance(outcome, Busy)
    assert outcome.detail["retry_after"] > 0


def test_bytes_of_open_requests_are_bounded() -> None:
    # Given a worker that holds one request and a second that waits
    protocol = BrokerProtocol(bytes=2_000)
    protocol.ready(b"w")
    for n in range(2):
        protocol.ask(b"c", f"r{n}", text="x" * 800)
    # Then a third is refused at once, whatever its service, and a small one is taken
    protocol.ask(b"c", "large", "s@batch", text="x" * 800)
    protocol.ask(b"c", "small")
    [(request_id, outcome)] = protocol.outcomes(b"c").items()
    assert request_id == "large"
    assert isinstance(outcome, Busy)
    assert outcome.detail["retry_after"] > 0
    # When the worker answers, there is room again
    [(token, first)] = protocol.deliveries(b"w")
    protocol.finish(b"w", token, first)
    protocol.ask(b"c", "again", text="x" * 800)
    assert list(protocol.outcomes(b"c")) == [first]


def test_a_request_beyond_the_bound_passes_alone() -> None:
    protocol = BrokerProtocol(bytes=2_000)
    protocol.ready(b"w", credit=2)
    protocol.ask(b"c", "huge", text="x" * 5_000)
    protocol.ask(b"c", "next")
    assert [i for _, i in protocol.deliveries(b"w")] == ["huge"]
    assert isinstance(protocol.outcomes(b"c")["next"], Busy)


def test_service_seen_lately_queues_and_is_forgotten_later() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    protocol.receive(b"w", wire.WORKER, wire.DISCONNECT)
    protocol.ask(b"c", "waits", timeout=1e6)
    assert protocol.outcomes(b"c") == {}
    protocol.dispatcher.cancel(b"c", "waits")
    protocol.dispatcher.services["s"].seen -= MEMORY_SECONDS
    protocol.ask(b"c", "late")
    assert isinstance(protocol.outcomes(b"c")["late"], NoWorker)
    protocol.dispatcher.tidy(time.monotonic())
    assert protocol.dispatcher.services == {}


def test_young_broker_waits_for_the_workers_of_the_one_before() -> None:
    # Given
    protocol = BrokerProtocol(settled=False)
    protocol.ask(b"c", "r1", "back")
    protocol.ask(b"c", "r2", "gone@batch")
    protocol.ask(b"c", "r3", "worker.gone")
    # When one of two services comes back before the broker has settled
    protocol.ready(b"w", "back")
    assert [i for _, i in protocol.deliveries(b"w")] == ["r1"]
    protocol.dispatcher.tidy(time.monotonic())
    assert list(protocol.outcomes(b"c")) == ["r3"]
    protocol.dispatcher.tidy(time.monotonic() + SETTLE_SECONDS)
    # Then
    assert isinstance(protocol.outcomes(b"c")["r2"], NoWorker)
    assert list(protocol.dispatcher.services) == ["back"]


def test_retry_attaches_to_the_first_attempt() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", credit=2)
    protocol.ask(b"c", "r")
    protocol.ask(b"c", "r")
    protocol.ask(b"other", "r")
    deliveries = protocol.deliveries(b"w")
    assert len(deliveries) == 2
    protocol.finish(b"w", *deliveries[0])
    assert isinstance(protocol.outcomes(b"c")["r"], Reply)
    assert protocol.outcomes(b"other") == {}
    assert protocol.dispatcher.counters.reattached == 1


def test_lost_work_goes_to_the_head_in_order() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", credit=3)
    for n in range(5):
        protocol.ask(b"c", f"r{n}")
    protocol.dispatcher.unreachable(b"w")
    protocol.ready(b"v", credit=9)
    assert [request_id for _, request_id in protocol.deliveries(b"v")] == [f"r{n}" for n in range(5)]


def test_suspect_is_tried_alone_before_it_is_poisoned() -> None:
    # Given two requests whose workers died twice
    protocol = BrokerProtocol()
    for attempt in range(POISON_DEATHS - 1):
        address = b"w%d" % attempt
        protocol.ready(address, credit=2)
        if attempt == 0:
            protocol.ask(b"c", "guilty")
            protocol.ask(b"c", "innocent")
        protocol.dispatcher.unreachable(address)
    protocol.ask(b"c", "fresh")
    # When one worker comes, it gets one suspect and nothing else
    protocol.ready(b"w", credit=4)
    [(_, request_id)] = protocol.deliveries(b"w")
    alone = {"guilty", "innocent"}
    assert request_id in alone
    protocol.dispatcher.unreachable(b"w")
    poisoned = protocol.outcomes(b"c")
    assert isinstance(poisoned[request_id], Poisoned)
    # Then the other one passes, and after it everybody else
    protocol.ready(b"v", credit=4)
    [(token, other)] = protocol.deliveries(b"v")
    assert {request_id, other} == alone
    protocol.finish(b"v", token, other)
    assert [request_id for _, request_id in protocol.deliveries(b"v")] == ["fresh"]


def test_suspect_does_not_hold_up_other_workers() -> None:
    protocol = BrokerProtocol()
    for attempt in range(POISON_DEATHS - 1):
        protocol.ready(b"w%d" % attempt)
        if attempt == 0:
            protocol.ask(b"c", "suspect")
        protocol.dispatcher.unreachable(b"w%d" % attempt)
    protocol.ready(b"a", credit=1)
    protocol.ready(b"b", credit=1)
    protocol.ask(b"c", "fresh")
    assert [i for _, i in protocol.deliveries(b"a")] == ["suspect"]
    assert [i for _, i in protocol.deliveries(b"b")] == ["fresh"]


def test_deadline_is_answered_from_the_queue_and_in_flight() -> None:
    # Given
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    protocol.ask(b"c", "held", timeout=5)
    protocol.ask(b"c", "queued", timeout=5)
    [(token, _)] = protocol.deliveries(b"w")
    # When
    protocol.dispatcher.expire(time.monotonic() + 4)
    assert protocol.outcomes(b"c") == {}
    protocol.dispatcher.expire(time.monotonic() + 6)
    # Then both are told, and the late answer is dropped and frees the worker
    outcomes = protocol.outcomes(b"c")
    assert all(isinstance(outcomes[i], DeadlineExceeded) for i in ("held", "queued"))
    protocol.ask(b"c", "next")
    assert protocol.deliveries(b"w") == []
    protocol.finish(b"w", token, "held")
    assert [i for _, i in protocol.deliveries(b"w")] == ["next"]
    assert protocol.outcomes(b"c") == {}
    assert protocol.dispatcher.counters.late == 1


def test_lost_worker_does_not_bring_back_what_was_given_up() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    protocol.ask(b"c", "r")
    assert protocol.dispatcher.cancel(b"c", "r")
    protocol.dispatcher.unreachable(b"w")
    protocol.ready(b"v")
    assert protocol.deliveries(b"v") == []


def test_drained_worker_gets_nothing_new() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", credit=2)
    protocol.ready(b"w", credit=0)
    protocol.ask(b"c", "r")
    assert protocol.deliveries(b"w") == []
    protocol.ready(b"w", credit=1)
    assert len(protocol.deliveries(b"w")) == 1
    assert [event.topic for event in protocol.events] == ["worker.up"]


def test_private_service_is_silent_and_never_redelivers() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", "worker.muq_01")
    protocol.ask(b"c", "r", "worker.muq_01")
    protocol.dispatcher.unreachable(b"w")
    protocol.ask(b"c", "later", "worker.muq_01")
    outcomes = protocol.outcomes(b"c")
    assert isinstance(outcomes["r"], NoWorker)
    assert isinstance(outcomes["later"], NoWorker)
    assert protocol.events == []


def test_events_tell_of_workers() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", pid=7, host="here")
    protocol.receive(b"w", wire.WORKER, wire.DISCONNECT)
    assert protocol.events == [
        WorkerUp(service="s", worker="w", host="here", pid=7, reason="ready"),
        WorkerDown(service="s", worker="w", host="here", pid=7, reason="left"),
    ]


def test_an_interactive_request_does_not_wait_for_the_places_of_a_job() -> None:
    # Given a worker whose places a job has, and that takes one more
    protocol = BrokerProtocol(["s"])
    protocol.ready(b"w", credit=2, urgent=1)
    for number in range(4):
        protocol.ask(b"c", f"job {number}", "s@batch")
    assert [request for _, request in protocol.deliveries(b"w")] == ["job 0", "job 1"]
    # Then it gets an interactive one at once, but no second one and no more of the job
    protocol.ask(b"c", "somebody")
    protocol.ask(b"c", "somebody else")
    [(token, request_id)] = protocol.deliveries(b"w")
    assert request_id == "somebody"
    # And the next when that is done
    protocol.finish(b"w", token, request_id)
    assert [request for _, request in protocol.deliveries(b"w")] == ["somebody else"]


def test_interactive_requests_alone_stay_within_the_credit() -> None:
    protocol = BrokerProtocol(["s"])
    protocol.ready(b"w", credit=1, urgent=4)
    for number in range(3):
        protocol.ask(b"c", f"r{number}")
    assert [request for _, request in protocol.deliveries(b"w")] == ["r0"]


def test_a_worker_that_drains_gets_nothing_urgent_either() -> None:
    protocol = BrokerProtocol(["s"])
    protocol.ready(b"w", credit=1, urgent=4)
    protocol.ask(b"c", "job", "s@batch")
    protocol.ready(b"w", credit=0, urgent=4)
    protocol.ask(b"c", "somebody")
    assert [request for _, request in protocol.deliveries(b"w")] == ["job"]
