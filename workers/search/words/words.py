"""Texts for models without a text side: reads them, and finds where in a collection the wanted tracks lie."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import numpy as np

from broker.vectors import Vectors
from contract.warnings import Warned
from workers.models.sentence.encoder import SentenceEncoder
from workers.search.recommend.calibrator import Calibration, Calibrator
from workers.search.spaces import Space
from workers.search.store.vector_store import CollectionStatus, VectorStore
from workers.search.words.direction import Space as Axes
from workers.search.words.direction import space_of
from workers.search.words.evidence import Evidence, evidence
from workers.search.words.meaning import Meanings
from workers.search.words.parser import Parser
from workers.search.words.reading import Reading
from workers.search.words.seeding import seed_weights
from workers.search.words.target import Target
from workers.search.words.tracks import Tracks, no_tracks
from workers.search.words.warnings import no_track_is, not_heard, not_understood

#: Texts whose reading is kept, and targets.
MAX_READINGS: Final = 256
MAX_TARGETS: Final = 16
#: Longest stored vector in which a direction is found: the time grows with the cube.
MAX_DIMENSION: Final = 1024


class Words:
    """Reads texts. Used by the compute thread; any thread may call `know`."""

    def __init__(self, store: VectorStore, calibrator: Calibrator, encoder: SentenceEncoder) -> None:
        self._store = store
        self._calibrator = calibrator
        self._encoder = encoder
        self._meanings = Meanings(encoder)
        self._tracks = no_tracks()
        self._fresh = self._tracks
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._evidence: OrderedDict[str, Evidence] = OrderedDict()
        self._targets: OrderedDict[tuple[str, str, int], tuple[Calibration, Target]] = OrderedDict()
        self._axes: dict[str, tuple[Calibration, Axes]] = {}

    @property
    def tracks(self) -> Tracks:
        """The newest snapshot."""
        return self._fresh

    @property
    def lacking(self) -> str:
        """What reading by meaning lacks and how to add it; "" if nothing."""
        return self._encoder.missing()

    def know(self, tracks: Tracks) -> None:
        """Take a new snapshot of the library's tracks; it counts from the next text on."""
        self._fresh = tracks

    def idle(self) -> bool:
        """Read more of the library's tags while the encoder is there; release it if no text came for a while.

        Returns whether more tags remain.
        """
        self._encoder.idle()
        if not self._encoder.loaded or not self._meanings.missing:
            return False
        for kept in (self._readings, self._evidence, self._targets):
            kept.clear()
        return self._meanings.learn()

    def read(self, text: str) -> Reading:
        """Return what a text asks for."""
        self._renew()
        known = self._readings.get(text)
        if known is None:
            known = Parser(self._tracks, self._meanings).read(text)
            self._readings[text] = known
            if len(self._readings) > MAX_READINGS:
                self._readings.popitem(last=False)
        return known

    def warnings(self, text: str) -> list[Warned]:
        """Return what of a text had no effect."""
        reading = self.read(text)
        told = not_understood(text, reading.unknown, self.lacking) if reading.unknown else []
        if reading.understood:
            found = self._evidence_of(text, reading)
            told += not_heard(found.lacking) if found.lacking else []
            told += [no_track_is(found.years)] if found.years and not found.dated else []
        return told

    def target(self, text: str, space: Space, state: CollectionStatus) -> Target | None:
        """Return what `text` looks for in a collection; None if nothing of it was understood or is known here."""
        reading = self.read(text)
        if not reading.understood:
            return None
        calibration = self._calibrator.of(space.collection, state)
        name = (text, space.model, id(self._tracks))
        known = self._targets.get(name)
        if known is None or known[0] is not calibration:
            made = self._target(text, reading, space, calibration)
            if made is None:
                return None
            known = calibration, made
            self._targets[name] = known
            if len(self._targets) > MAX_TARGETS:
                self._targets.popitem(last=False)
        return known[1]

    def _evidence_of(self, text: str, reading: Reading) -> Evidence:
        known = self._evidence.get(text)
        if known is None:
            known = self._evidence[text] = evidence(reading, self._tracks)
            if len(self._evidence) > MAX_TARGETS:
                self._evidence.popitem(last=False)
        return known

    def _renew(self) -> None:
        """Change to the newest snapshot between two texts."""
        if self._fresh is self._tracks:
            return
        self._tracks = self._fresh
        self._readings.clear()
        self._evidence.clear()
        self._targets.clear()
        self._meanings.know([self._tracks.names[tag] for tag in self._tracks.tags])

    def _target(self, text: str, reading: Reading, space: Space, calibration: Calibration) -> Target | None:
        found = self._evidence_of(text, reading)
        only_sound = not found.parts
        seeds = seed_weights(reading, self._tracks, found)
        direction = self._direction(seeds, space, calibration)
        if only_sound and direction is None:
            return None
        marks = None if direction is None else np.sort(calibration.sample @ direction)
        artists = tuple(like.artist for like in reading.likes if not like.negative)
        return Target(text, self._tracks, found, direction, marks, only_sound, artists)

    def _direction(self, seeds: Vectors, space: Space, calibration: Calibration) -> Vectors | None:
        """Return the direction [stored] to the tracks with a weight [n]; None if no vector of them is there."""
        if calibration.dimension > MAX_DIMENSION:
            return None
        rows: list[int] = np.flatnonzero(seeds > 0).tolist()
        looked = self._store.lookup(space.collection, [self._tracks.ids[row] for row in rows])
        if not looked.rows:
            return None
        weights = seeds[[self._tracks.places[row.track_id] for row in looked.rows]]
        return self._axes_of(space.collection, calibration).towards(looked.vectors, weights)

    def _axes_of(self, collection: str, calibration: Calibration) -> Axes:
        known = self._axes.get(collection)
        if known is None or known[0] is not calibration:
            known = self._axes[collection] = (calibration, space_of(calibration.sample))
        return known[1]
