"""Tells what changed in the library."""

from __future__ import annotations

from dataclasses import asdict

from broker.events import EventPublisher
from contract.events import LibraryChanged
from workers.library.catalogue.catalogue import Catalogue, Changes


def publish_changes(events: EventPublisher, catalogue: Catalogue, changes: Changes) -> None:
    """The event: the changes, and how many tracks are there and missing now."""
    present, missing = catalogue.counts()
    events.tell(LibraryChanged(**asdict(changes), tracks=present, missing=missing))
