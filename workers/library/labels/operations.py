"""The operations `labels.*`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from contract.errors import InvalidRequest
from contract.labels import (
    FACTS,
    MAX_TRACKS,
    KnownLabels,
    LabelledTrack,
    LabelledTracks,
    LabelsPage,
    LabelsPageRequest,
    SoundFacts,
)
from contract.library import Library, TracksRequest
from contract.message import Nothing
from contract.operation import ReplyWithBlobs
from contract.vocabulary import VERSION, VOCABULARY
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.labels.accuracy import known_labels
from workers.library.labels.calibration import Calibrator
from workers.library.labels.packing import FACTS_BYTES, SCORES_BYTES, facts_of
from workers.library.labels.store import Heard, LabelStore
from workers.library.navidrome.paths import shown
from workers.runtime.service import Call, Handler
from workers.runtime.serving import served

_UNKNOWN_SCORES = np.full(len(VOCABULARY), np.nan, "<f2").tobytes()
_UNKNOWN_FACTS = np.full(len(FACTS), np.nan, "<f4").tobytes()
assert (len(_UNKNOWN_SCORES), len(_UNKNOWN_FACTS)) == (SCORES_BYTES, FACTS_BYTES)


class LabelOperations:
    """Answers from `state.db`."""

    def __init__(self, catalogue: Catalogue, store: LabelStore) -> None:
        self._catalogue = catalogue
        self._store = store
        self._calibrator = Calibrator(store)

    def operations(self) -> Mapping[str, Handler]:
        """Return the operations by name."""
        return {
            **served(Library.labels, self._get),
            **served(Library.known_labels, self._known),
            **served(Library.labels_page, self._page),
        }

    def _get(self, request: TracksRequest, _call: Call) -> LabelledTracks:
        if len(request.track_ids) > MAX_TRACKS:
            raise InvalidRequest(f"track_ids: at most {MAX_TRACKS} at once", {"field": "track_ids"})
        entries = self._catalogue.entries(request.track_ids)
        heard = self._store.of([entry.id for entry in entries])
        return LabelledTracks(tracks=[self._labelled(entry, heard.get(entry.id)) for entry in entries])

    def _labelled(self, entry: CatalogueTrack, heard: Heard | None) -> LabelledTrack:
        scores = None if heard is None else heard.scores
        return LabelledTrack(
            track_id=entry.id,
            labels=[] if scores is None else self._calibrator.labels(scores),
            facts=SoundFacts() if heard is None else facts_of(heard.facts),
            audio_id=entry.audio_id or ("" if heard is None else heard.audio_id),
            library_id=entry.library_id,
            file=shown(entry.path),
        )

    def _known(self, _request: Nothing, _call: Call) -> KnownLabels:
        return known_labels()

    def _page(self, request: LabelsPageRequest, _call: Call) -> ReplyWithBlobs[LabelsPage]:
        revision = self._store.revision()  # before the rows: a change in between comes again
        rows = self._store.page(request.after or "", request.limit, request.since)
        page = LabelsPage(
            version=VERSION,
            track_ids=[row.track_id for row in rows],
            next=rows[-1].track_id if len(rows) == request.limit else None,
            revision=revision,
        )
        return ReplyWithBlobs(page, [_scores(rows), _facts(rows), self._calibrator.table().tobytes()])


def _scores(rows: Sequence[Heard]) -> bytes:
    return b"".join(row.scores or _UNKNOWN_SCORES for row in rows)


def _facts(rows: Sequence[Heard]) -> bytes:
    return b"".join(row.facts or _UNKNOWN_FACTS for row in rows)
