"""Fan-out of events, without a network."""

from __future__ import annotations

import pytest

from gateway.events import feed
from gateway.events.feed import Feed, encode


def waiting(listener: feed.Listener) -> list[bytes | None]:
    return [listener.queue.get_nowait() for _ in range(listener.queue.qsize())]


def test_a_line_break_cannot_forge_an_event() -> None:
    chunk = encode("a\nevent: forged", {"source": "x\r\nid: 1", "seq": 1, "text": "a\n\nevent: forged\n\n"})
    assert chunk.count(b"\n") == 4
    assert chunk.endswith(b"\n\n")
    assert b"\nevent: forged" not in chunk


def test_last_values_come_first_and_by_topic() -> None:
    events = Feed()
    for n in range(3):
        events.publish("batch.progress", {"seq": n})
        events.publish("worker.up", {"seq": n})
    assert waiting(events.join(["worker."])) == [encode("worker.up", {"seq": 2})]
    assert len(waiting(events.join([]))) == 2


def test_who_is_full_is_dropped_and_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_WAITING", 2)
    events = Feed()
    slow, dropped = events.join([]), []
    slow.drop = lambda: dropped.append("slow")
    quick, heard = events.join([]), []
    for n in range(5):
        events.publish("batch.track", {"seq": n})
        heard += waiting(quick)
    assert (dropped, len(heard), len(events)) == (["slow"], 5, 1)


def test_close_ends_every_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Feed()
    early = events.join([])
    events.close()
    late = events.join([])
    assert (waiting(early), waiting(late)) == ([None], [None])


def test_topics_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAX_TOPICS", 3)
    events = Feed()
    for n in range(10):
        events.publish(f"topic.{n}", {"seq": n})
    assert [chunk for chunk in waiting(events.join([])) if chunk] == [
        encode(f"topic.{n}", {"seq": n}) for n in (7, 8, 9)
    ]
