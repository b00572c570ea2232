"""Publishes changes in the library."""

from __future__ import annotations

from dataclasses import asdict

from broker.events import EventPublisher
from contract.events import LibraryChanged
from workers.library.catalogue.catalogue import Catalogue, Changes


def publish_changes(events: EventPublisher, catalogue: Catalogue, changes: Changes) -> None:
    """Publish the changes, with the number of tracks now present and missing."""
    present, missing = catalogue.counts()
    events.tell(LibraryChanged(**asdict(changes), tracks=present, missing=missing))
