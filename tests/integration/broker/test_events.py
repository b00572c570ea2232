from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from broker.channel import INSIDE, EventChannel
from broker.events import AsyncEventSubscriber, EventPublisher, EventSubscriber
from tests.harness.mesh import MODEL, Mesh
from tests.harness.waiting import PATIENCE_S, eventually


class Channel:
    """An event channel in this process."""

    def __init__(self, folder: Path) -> None:
        self.publish = f"ipc://{folder}/publish.ipc"
        self.subscribe = f"ipc://{folder}/events.ipc"
        self.context: zmq.Context[Any] = zmq.Context()
        self.channel = EventChannel(self.context, self.publish, self.subscribe)
        self.channel.start()

    def stop(self) -> None:
        self.channel.stop()
        self.context.term()


@pytest.fixture
def channel() -> Iterator[Channel]:
    with tempfile.TemporaryDirectory(prefix="sm") as folder:
        running = Channel(Path(folder))
        yield running
        running.stop()


@pytest.fixture
def mesh() -> Iterator[Mesh]:
    with Mesh() as running:
        yield running


def receive(subscriber: EventSubscriber) -> tuple[str, dict[str, Any]]:
    received = subscriber.receive(PATIENCE_S)
    assert received is not None
    return received


def last_number(mesh: Mesh, topic: str) -> int:
    """The `seq` of the event that a new subscriber gets first."""
    subscriber = EventSubscriber(mesh.settings.events_endpoint, [topic])
    number: int = receive(subscriber)[1]["seq"]
    subscriber.close()
    return number


def test_event_has_time_source_and_number(channel: Channel) -> None:
    publisher = EventPublisher(channel.publish, "muq_01")
    publisher.publish("model.loading", {"model": "muq"})
    publisher.publish("model.loaded", {"model": "muq", "seq": 99})
    subscriber = EventSubscriber(channel.subscribe)
    events = dict([receive(subscriber), receive(subscriber)])
    assert events["model.loading"]["seq"] == 1
    assert events["model.loaded"]["seq"] == 2
    assert events["model.loaded"]["source"] == "muq_01"
    assert events["model.loaded"]["ts"] > 1e9
    publisher.close()
    subscriber.close()


def test_new_subscriber_gets_the_last_value_of_each_topic(channel: Channel) -> None:
    # Given events that everybody has seen
    publisher = EventPublisher(channel.publish, "library")
    witness = EventSubscriber(channel.subscribe)
    for n in range(3):
        for topic in ("batch.progress", "batch.track", "library.changed"):
            publisher.publish(topic, {"n": n})
    while receive(witness)[1]["seq"] != 9:
        pass
    # When subscribers come late
    everything, batch, one = (EventSubscriber(channel.subscribe, [t]) for t in ("", "batch.", "library.changed"))
    # Then each gets the last values of its topics
    assert {t: e["n"] for t, e in [receive(everything) for _ in range(3)]} == dict.fromkeys(
        ["batch.progress", "batch.track", "library.changed"], 2
    )
    assert {t: e["n"] for t, e in [receive(batch) for _ in range(2)]} == {"batch.progress": 2, "batch.track": 2}
    assert receive(one)[1]["n"] == 2
    # And nobody sees an event twice
    publisher.publish("end", {})
    assert receive(witness)[0] == "end"
    assert receive(everything)[0] == "end"
    for subscriber in (witness, everything, batch, one):
        subscriber.close()
    publisher.close()


def test_plain_sub_socket_sees_two_frames(channel: Channel) -> None:
    publisher = EventPublisher(INSIDE, "broker", channel.context)
    publisher.publish("worker.up", {"worker": "w"})
    plain = channel.context.socket(zmq.SUB)
    plain.subscribe(b"worker.")
    plain.connect(channel.subscribe)
    assert plain.poll(PATIENCE_S * 1000)
    assert plain.recv_multipart()[0] == b"worker.up"
    plain.close()
    publisher.close()


def test_what_is_no_event_is_dropped(channel: Channel) -> None:
    noise = channel.context.socket(zmq.PUSH)
    noise.connect(channel.publish)
    for frames in ([b"one"], [b"", b"x"], [b"t", b"x", b"y"], [b"t" * 1000, b"x"], [b"topic", b"no map"]):
        noise.send_multipart(frames)
    subscriber = EventSubscriber(channel.subscribe)
    publisher = EventPublisher(channel.publish, "s")
    publisher.publish("good", {})
    assert receive(subscriber)[0] == "good"
    noise.close()
    publisher.close()
    subscriber.close()


def test_receive_ends_after_its_timeout(channel: Channel) -> None:
    subscriber = EventSubscriber(channel.subscribe)
    assert subscriber.receive(0.05) is None
    subscriber.close()


def test_a_new_subscriber_takes_no_event_from_the_others(channel: Channel) -> None:
    # Given a subscriber to everything that has its events
    publisher = EventPublisher(channel.publish, "s")
    everything = EventSubscriber(channel.subscribe)
    publisher.publish("t", {})
    seen = [receive(everything)[1]["seq"]]
    # When others come meanwhile, for whom there is no last value
    newer = []
    for number in range(40):
        if number % 10 == 5:
            newer.append(EventSubscriber(channel.subscribe, [f"never{number}."]))
        publisher.publish("t", {})
        seen.append(receive(everything)[1]["seq"])
    # Then it missed none
    assert seen == list(range(1, 42))
    for each in (*newer, everything):
        each.close()
    publisher.close()


def test_slow_subscriber_sees_the_gap(channel: Channel) -> None:
    # Given a subscriber that reads nothing, with little room
    slow = EventSubscriber(channel.subscribe, high_water_mark=10)
    watcher = EventSubscriber(channel.subscribe)
    publisher = EventPublisher(channel.publish, "s")
    publisher.publish("start", {})
    assert receive(watcher)[0] == "start"
    # When far more is published than fits
    fill = b"x" * 10_000
    for _ in range(20_000):
        publisher.publish("t", {"fill": fill})
        watcher.receive(0)
    # Then the publisher was not delayed, and the sequence numbers show the gap
    numbers = []
    while (received := slow.receive(0.5)) is not None:
        numbers.append(received[1]["seq"])
    assert numbers == sorted(numbers)
    assert len(numbers) < 20_000
    for each in (slow, watcher, publisher):
        each.close()


def test_async_subscriber_iterates(channel: Channel) -> None:
    async def scenario() -> list[int]:
        publisher = EventPublisher(channel.publish, "s")
        publisher.publish("t", {"n": -1})
        subscriber = AsyncEventSubscriber(channel.subscribe, ["t"])
        seen: list[int] = []
        async for _, event in subscriber:
            seen.append(event["n"])
            if len(seen) == 1:
                for n in range(100):
                    publisher.publish("t", {"n": n})
            if event["n"] == 99:
                subscriber.close()
        publisher.close()
        return seen

    assert asyncio.run(asyncio.wait_for(scenario(), PATIENCE_S)) == list(range(-1, 100))


def test_events_wait_for_a_broker_that_restarts() -> None:
    with Mesh() as mesh:
        publisher = EventPublisher(mesh.settings.publish_endpoint, "s")
        subscriber = EventSubscriber(mesh.settings.events_endpoint, ["t"])
        publisher.publish("t", {"n": 1})
        assert receive(subscriber)[1]["n"] == 1
        mesh.processes[0].kill()
        mesh.processes[0].wait()
        publisher.publish("t", {"n": 2})
        mesh.start_broker()
        assert receive(subscriber)[1]["n"] == 2
        publisher.close()
        subscriber.close()


def test_broker_tells_of_workers() -> None:
    with Mesh() as mesh:
        subscriber = EventSubscriber(mesh.settings.events_endpoint, ["worker."])
        worker = mesh.start_echo(name="echo_01")
        topic, event = receive(subscriber)
        assert (topic, event["worker"], event["service"], event["pid"]) == ("worker.up", "echo_01", "echo", worker.pid)
        worker.kill()
        topic, event = receive(subscriber)
        assert (topic, event["reason"], event["source"]) == ("worker.down", "disconnected", "broker")
        subscriber.close()


def test_a_new_broker_learns_the_last_values_again(mesh: Mesh) -> None:
    # Given a topic of two sources, of which the first published last
    first = EventPublisher(mesh.settings.publish_endpoint, "first")
    second = EventPublisher(mesh.settings.publish_endpoint, "second")
    witness = EventSubscriber(mesh.settings.events_endpoint, ["t"])
    for publisher, number in ((first, 1), (second, 2), (first, 3)):
        publisher.publish("t", {"n": number})
        assert receive(witness)[1]["n"] == number
    # When a new broker takes over and both repeat what they said
    mesh.broker.kill()
    mesh.broker.wait()
    mesh.start_broker()
    first.repeat()
    second.repeat()
    second.publish("end", {})
    late = EventSubscriber(mesh.settings.events_endpoint, ["end"])
    assert receive(late)[0] == "end"
    # Then a new subscriber gets the latest, in whatever order the two have reached the broker
    eventually(lambda: last_number(mesh, "t") == 2, "the last value is the first source's second event")
    # And who was there before sees nothing twice
    first.publish("t", {"n": 4})
    assert receive(witness)[1]["n"] == 4
    for each in (first, second, witness, late):
        each.close()


def test_workers_repeat_their_events_to_a_new_broker(mesh: Mesh) -> None:
    # Given a worker that has published something
    mesh.start_worker("embed", MODEL, name="ear_01")
    mesh.client.call("worker.ear_01", "worker.unload", timeout=PATIENCE_S)
    before = EventSubscriber(mesh.settings.events_endpoint, ["model."])
    topic, event = receive(before)
    # When the broker is another one
    mesh.broker.kill()
    mesh.broker.wait()
    mesh.start_broker()
    # Then a new subscriber gets the worker's last event all the same
    after = EventSubscriber(mesh.settings.events_endpoint, [topic])
    assert receive(after) == (topic, event)
    before.close()
    after.close()
