"""`events.md`: every topic of the event channel."""

from __future__ import annotations

from typing import Final

from contract.event import Event
from contract.events import EVENTS
from contract.message import Message
from reference.fields import field_table, messages_of, section
from reference.markdown import anchor, doc, joined, opening, table

TOLD: Final = (
    "What processes announce to all others, by topic: on the channel of events "
    "([protocol.md](../develop/protocol.md#events)) "
    "and at `GET /events`. Beside the fields below each event has `ts` (unix seconds), `source` (the sender) and "
    "`seq` (a running number per source, so that gaps show)."
)


def page() -> str:
    """Returns the whole page."""
    topics = table(
        ("topic", "when"),
        [(f"[`{topic}`](#{anchor(topic)})", doc(kind).partition("\n\n")[0]) for topic, kind in EVENTS.items()],
    )
    told = opening("Events", TOLD, "`contract/events.py`")
    types = [section(kind) for kind in _types()]
    return joined([told, topics, *(_event(*each) for each in EVENTS.items()), "## Types", *types])


def _event(topic: str, kind: type[Event]) -> str:
    return f"## `{topic}`\n\n{doc(kind)}\n\n{field_table(kind)}"


def _types() -> list[type[Message]]:
    found = {inner for kind in EVENTS.values() for inner in messages_of(kind)}
    return sorted(found, key=lambda kind: kind.__name__)
