"""Gathers what the library knows of its tracks, page by page, into a snapshot of columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from contract.labels import FACTS, MARKS, LabelsPage, LabelsPageRequest
from contract.library import LibraryClient, TagsRequest
from contract.message import Nothing
from contract.operation import ReplyWithBlobs
from contract.track import TaggedTrack
from contract.vocabulary import NAMES, VERSION
from workers.search.words.folding import key
from workers.search.words.tracks import Key, Rows, Tracks, ranks

#: Tracks per page, and seconds that the library may take for one.
PAGE = 5_000
PATIENCE = 30.0
#: Names that stand for nobody.
PLACEHOLDERS = frozenset({"", "unknown artist", "[unknown artist]", "various artists", "various"})


@dataclass(slots=True)
class Heard:
    """Raw scores and facts by track id, the newest calibration [labels, 1 + marks], and labels `unfit` to be used."""

    scores: dict[str, npt.NDArray[np.float16]] = field(default_factory=dict)
    facts: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    calibration: npt.NDArray[np.float32] | None = None
    revision: int = 0
    unfit: frozenset[str] = frozenset()

    def take(self, answer: ReplyWithBlobs[LabelsPage]) -> None:
        """Add one page."""
        said = answer.value
        if said.version != VERSION or len(answer.blobs) < 3:
            return
        count = len(said.track_ids)
        scores = np.frombuffer(answer.blobs[0], "<f2").reshape(count, len(NAMES))
        facts = np.frombuffer(answer.blobs[1], "<f4").reshape(count, len(FACTS))
        self.scores.update(zip(said.track_ids, scores, strict=True))
        self.facts.update(zip(said.track_ids, facts, strict=True))
        self.calibration = np.frombuffer(answer.blobs[2], "<f4").reshape(len(NAMES), 1 + MARKS)

    def keep(self, tagged: Sequence[TaggedTrack], before: Sequence[TaggedTrack]) -> None:
        """Forget all tracks but the `tagged` ones; read everything again if one of them was not there `before`.

        A track that is back, or has another id now, may have labels that did not change.
        """
        kept = {track.id for track in tagged}
        for gone in self.scores.keys() - kept:
            del self.scores[gone], self.facts[gone]
        if kept - {track.id for track in before}:
            self.revision = 0


def read_tags(client: LibraryClient, stopping: Callable[[], bool]) -> list[TaggedTrack]:
    """Return the tags of all tracks. Raises the errors of the library."""
    found: list[TaggedTrack] = []
    after: str | None = None
    while not stopping():
        page = client.tags(TagsRequest(after=after, limit=PAGE), timeout=PATIENCE)
        found += page.tracks
        after = page.next
        if after is None:
            break
    return found


def read_labels(client: LibraryClient, heard: Heard, stopping: Callable[[], bool]) -> None:
    """Add what has been heard since the last time. Raises the errors of the library.

    Labels that were measured and found no better than chance are unfit.
    """
    known = client.known_labels(Nothing(), timeout=PATIENCE)
    heard.unfit = frozenset(label.name for label in known.labels if not label.shown)
    since, after, first = heard.revision, None, None
    while not stopping():
        asked = LabelsPageRequest(after=after, limit=PAGE, since=since)
        answer = client.labels_page.answer(asked, timeout=PATIENCE)
        if first is None:
            # What changes while pages are read may be on one that was read: the next time begins before it.
            first = answer.value.revision
            if first < since:  # another `state.db`, such as a restored one
                since = 0
                continue
        heard.take(answer)
        after = answer.value.next
        if after is None:
            if answer.value.version == VERSION:
                heard.revision = first
            break


def snapshot(tagged: Sequence[TaggedTrack], heard: Heard) -> Tracks:
    """Return the columns of all tracks that have tags."""
    ids = [track.id for track in tagged]
    known = np.array([track_id in heard.scores for track_id in ids], np.bool_)
    scores = np.full((len(ids), len(NAMES)), np.nan, np.float32)
    facts = np.full((len(ids), len(FACTS)), np.nan, np.float32)
    for row in np.flatnonzero(known):
        scores[row], facts[row] = heard.scores[ids[row]], heard.facts[ids[row]]
    labels = np.stack([_calibrated(scores[:, n], _marks(heard, n)) for n in range(len(NAMES))])
    tags, names = _by_name((track.genres + track.moods for track in tagged), {})
    artists, names = _by_name(([track.artist] for track in tagged), names)
    return Tracks(
        ids=ids,
        labels=labels,
        heard=np.asarray(~np.isnan(scores).all(axis=1)),
        facts=np.ascontiguousarray(facts.T),
        years=np.array([track.year for track in tagged], np.int16),
        tags=tags,
        artists=artists,
        names=names,
        unfit=heard.unfit,
    )


def _marks(heard: Heard, label: int) -> npt.NDArray[np.float32] | None:
    marks = heard.calibration[label] if heard.calibration is not None else None
    return None if marks is None or np.isnan(marks).any() else marks


def _calibrated(raw: npt.NDArray[np.float32], marks: npt.NDArray[np.float32] | None) -> npt.NDArray[np.uint8]:
    """Return the scores [n] of a label, 0 to 255; without a calibration, places among these tracks."""
    known = ~np.isnan(raw)
    found = np.zeros(len(raw), np.float32)
    if marks is not None:
        found[known] = np.interp(raw[known], marks[1:], np.linspace(0, 1, MARKS))
    elif known.any():
        found[known] = ranks(raw[known])
    return np.round(found * 255).astype(np.uint8)


def _by_name(written: Iterable[Sequence[str]], names: dict[Key, str]) -> tuple[dict[Key, Rows], dict[Key, str]]:
    """Return the rows by the key of each name, most frequent first, and the most frequent spelling of each."""
    rows: dict[Key, list[int]] = {}
    spelled: dict[Key, Counter[str]] = {}
    for row, each in enumerate(written):
        for name in dict.fromkeys(each):
            found = key(name)
            if found and name.casefold() not in PLACEHOLDERS:
                rows.setdefault(found, []).append(row)
                spelled.setdefault(found, Counter())[name] += 1
    ordered = sorted(rows, key=lambda found: (-len(rows[found]), found))
    merged = names | {found: counted.most_common(1)[0][0] for found, counted in spelled.items()}
    return {found: np.array(rows[found], np.int32) for found in ordered}, merged
