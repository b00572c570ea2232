"""Reading labels page by page: nothing is missed, whatever changes meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pytest

from contract.labels import FACTS, MARKS, KnownLabels, LabelsPage, LabelsPageRequest
from contract.library import LibraryClient
from contract.message import Nothing
from contract.operation import ReplyWithBlobs
from contract.track import TaggedTrack
from contract.vocabulary import NAMES, VERSION
from workers.search.words import gathering
from workers.search.words.gathering import Heard, read_labels


@dataclass
class Library:
    """Answers pages of labels from revisions by track id; `changes`: what happens after each page."""

    revisions: dict[str, int]
    changes: list[dict[str, int]] = field(default_factory=list)

    @property
    def labels_page(self) -> Library:
        return self

    def known_labels(self, _request: Nothing, *, timeout: float) -> KnownLabels:
        return KnownLabels(version=VERSION, labels=[])

    def answer(self, request: LabelsPageRequest, *, timeout: float) -> ReplyWithBlobs[LabelsPage]:
        after, limit = request.after or "", request.limit
        ids = sorted(i for i, revision in self.revisions.items() if i > after and revision > request.since)[:limit]
        scores = np.array([[self.revisions[i]] * len(NAMES) for i in ids], "<f2")
        blobs = [scores.tobytes(), np.zeros((len(ids), len(FACTS)), "<f4").tobytes()]
        blobs.append(np.zeros((len(NAMES), 1 + MARKS), "<f4").tobytes())
        newest = max(self.revisions.values(), default=0)
        page = LabelsPage(version=VERSION, track_ids=ids, next=ids[-1] if len(ids) == limit else None, revision=newest)
        if self.changes:
            self.revisions |= self.changes.pop(0)
        return ReplyWithBlobs(page, blobs)


def read(library: Library, heard: Heard) -> dict[str, float]:
    read_labels(cast(LibraryClient, library), heard, lambda: False)
    return {track_id: float(scores[0]) for track_id, scores in heard.scores.items()}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PAGE", 2)


def test_a_change_on_a_page_that_was_read_comes_with_the_next_reading() -> None:
    library, heard = Library({"a": 1, "b": 2, "c": 3}, changes=[{"a": 4}]), Heard()

    assert read(library, heard)["a"] == 1
    assert read(library, heard)["a"] == 4


def test_a_restored_state_is_read_from_the_start() -> None:
    heard = Heard()
    read(Library({"a": 90, "b": 91}), heard)

    assert read(Library({"a": 1, "b": 2, "c": 3}), heard) == {"a": 1, "b": 2, "c": 3}
    assert heard.revision == 3


def test_a_track_with_another_id_keeps_its_labels_and_the_old_id_is_forgotten() -> None:
    # Given a library that was read
    library, heard = Library({"old": 1, "same": 2}), Heard()
    before = [tagged("old"), tagged("same")]
    read(library, heard)
    # When Navidrome gives a track another id: what was heard in it does not change
    library.revisions = {"new": 1, "same": 2}
    heard.keep([tagged("new"), tagged("same")], before)
    # Then
    assert read(library, heard) == {"new": 1, "same": 2}


def tagged(track_id: str) -> TaggedTrack:
    return TaggedTrack(id=track_id, album_id="", title="", genres=[], moods=[], year=0, comment="")
