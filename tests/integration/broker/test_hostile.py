"""Whatever arrives, there is no exception and no lost or duplicate reply."""

from __future__ import annotations

import time

import zmq
from hypothesis import given, settings
from hypothesis import strategies as st

from broker import wire
from broker.wire import Header, Reply, pack_map
from contract.errors import MeshError
from tests.harness.broker_protocol import BrokerProtocol
from tests.harness.mesh import Mesh, counters

COMMANDS = [bytes([n]) for n in range(8)]
MAPS = st.dictionaries(
    st.sampled_from(["id", "op", "deadline", "attempt", "credit", "worker", "pid", "service", "trace"]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.text(max_size=20),
        st.binary(max_size=20),
        st.recursive(st.integers(0, 9), lambda inner: st.lists(inner, max_size=2), max_leaves=20),
    ),
).map(pack_map)
NAMES = [
    "s",
    "s@batch",
    "s@x",
    "@",
    "mmi.service",
    "mmi.queues",
    "mmi.workers",
    "mmi.cancel",
    "mmi.no",
    "worker.w",
    "\x7f",
]
TOKENS = st.integers(0, 40).map(lambda n: n.to_bytes(8, "big"))
FRAME = st.one_of(
    st.sampled_from([wire.CLIENT, wire.WORKER, b"", *COMMANDS]),
    st.sampled_from([name.encode() for name in NAMES]),
    MAPS,
    TOKENS,
    st.binary(max_size=300),
)
ADDRESS = st.sampled_from([b"a", b"b", b"c"])
DELIMITER = st.sampled_from([(), (b"",)])


def spoken(protocol: bytes) -> st.SearchStrategy[tuple[bytes, ...]]:
    """A message that begins well."""
    start = st.tuples(DELIMITER, st.sampled_from(COMMANDS), st.lists(FRAME, max_size=5))
    return start.map(lambda parts: (*parts[0], protocol, parts[1], *parts[2]))


MESSAGE = st.one_of(st.lists(FRAME, max_size=8).map(tuple), spoken(wire.CLIENT), spoken(wire.WORKER))


@given(st.lists(st.tuples(ADDRESS, MESSAGE), max_size=40), st.floats(0, 1e6), st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_frames_are_survived(messages: list[tuple[bytes, tuple[bytes, ...]]], later: float, settled: bool) -> None:
    # When
    protocol = BrokerProtocol(["s"], settled=settled)
    for address, frames in messages:
        protocol.receive(address, *frames)
    protocol.dispatcher.expire(time.monotonic() + later)
    protocol.liveness.tick(time.monotonic() + later)
    for address in (b"a", b"b", b"c"):
        protocol.dispatcher.unreachable(address)
    protocol.dispatcher.tidy(time.monotonic() + later)
    # Then nothing is left of finished requests, and the broker still works
    assert protocol.dispatcher.workers == {}
    waiting = sum(service.waiting for service in protocol.dispatcher.services.values())
    assert waiting == len(protocol.dispatcher.in_flight)
    protocol.sent.clear()
    protocol.ask(b"client", "still alive", "mmi.queues")
    assert isinstance(protocol.outcomes(b"client")["still alive"], Reply)


#: Bytes that the broker under test holds: a few requests.
MOST_BYTES = 1_500
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ready", "drain", "answer", "lose", "leave", "expire", "cancel", "gone"]),
        st.integers(0, 3),
        st.integers(0, 200),
    ),
    max_size=80,
)


@given(ACTIONS)
@settings(max_examples=300, deadline=None)
def test_every_request_is_answered_once_or_still_open(actions: list[tuple[str, int, int]]) -> None:
    # Given
    protocol = BrokerProtocol(["s"], requests=8, bytes=MOST_BYTES)
    asked: set[str] = set()
    silenced: set[str] = set()
    held: dict[bytes, list[tuple[bytes, str]]] = {}
    answers: dict[str, int] = {}

    def look() -> None:
        for worker in (b"w0", b"w1", b"w2", b"w3"):
            held.setdefault(worker, []).extend(protocol.deliveries(worker))
        for request_id, outcome in protocol.outcomes(b"c").items():
            assert isinstance(outcome, Reply | MeshError)
            answers[request_id] = answers.get(request_id, 0) + 1

    # When
    clock = time.monotonic()
    for number, (action, which, value) in enumerate(actions):
        worker = b"w%d" % which
        if action == "ask":
            asked.add(f"r{number}")
            service = ["s", "s@batch", "s@upload", "s"][which]
            protocol.ask(b"c", f"r{number}", service, timeout=1 + value, text="x" * value)
        elif action in ("ready", "drain"):
            protocol.ready(worker, credit=1 + value % 3 if action == "ready" else 0)
        elif action == "answer" and held.get(worker):
            token, request_id = held[worker].pop(value % len(held[worker]))
            protocol.finish(worker, token, request_id)
        elif action == "lose":
            protocol.dispatcher.unreachable(worker)
            held[worker] = []
        elif action == "leave":
            protocol.receive(worker, wire.WORKER, wire.DISCONNECT)
            held[worker] = []
        elif action == "expire":
            clock += value / 10
            protocol.dispatcher.expire(clock)
        elif action == "cancel" and protocol.dispatcher.cancel(b"c", f"r{value}"):
            silenced.add(f"r{value}")
        look()
        assert all(len(w.holds) <= 3 for w in protocol.dispatcher.workers.values())
        assert protocol.dispatcher.in_flight.bytes <= MOST_BYTES
    # Then everything that is open is answered at its deadline at the latest
    protocol.dispatcher.expire(clock + 1000)
    look()
    assert set(answers) == asked - silenced
    assert all(times == 1 for times in answers.values())
    assert (len(protocol.dispatcher.in_flight), protocol.dispatcher.in_flight.bytes) == (0, 0)


def test_deadlines_that_are_no_time_are_survived() -> None:
    for deadline in (float("nan"), float("inf"), float("-inf"), 1e300, -1e300):
        protocol = BrokerProtocol(["s"])
        body = pack_map({"id": "r", "op": "op", "deadline": deadline})
        protocol.receive(b"c", wire.CLIENT, wire.CLIENT_REQUEST, b"s", body, pack_map({}))
        assert len(protocol.dispatcher.in_flight) == 1
        protocol.dispatcher.expire(time.monotonic() + 100_000)
        assert len(protocol.take(b"c")) == 1


def test_map_that_is_nested_too_deep_is_no_ready() -> None:
    protocol = BrokerProtocol()
    deep = b"\x81\xa1x" + b"\x91" * 700 + b"\x00"
    protocol.receive(b"w", wire.WORKER, wire.READY, b"s", deep)
    assert protocol.dispatcher.workers == {}
    assert protocol.dispatcher.counters.malformed == 1


def test_garbage_on_the_socket_is_counted() -> None:
    # Given a real broker
    with Mesh() as mesh, mesh.connect() as client:
        before = counters(client)["malformed"]
        # When somebody talks nonsense
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        socket = context.socket(zmq.DEALER)
        socket.connect(mesh.endpoint)
        for frames in ([b""], [b"hello"], [b"", b""], [wire.CLIENT], [wire.WORKER, b"\x09"], [b"x"] * 2000):
            socket.send_multipart(frames)
        header = Header("1", "op", time.time() + 60).pack()
        socket.send_multipart([wire.CLIENT, wire.CLIENT_REQUEST, b"mmi.queues", header, pack_map({})])
        assert socket.poll(30_000)
        socket.close(linger=0)
        context.term()
        # Then
        assert counters(client)["malformed"] == before + 6
