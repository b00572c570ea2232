"""The similarity scale of a library follows only from its content."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.harness.vectors import clusters, rows
from workers.search.recommend.calibrator import Calibrator
from workers.search.store.embedded import EmbeddedStore

DIM = 16
COLLECTION = "embedding"


def test_vanished_tracks_do_not_shift_the_scale(tmp_path: Path) -> None:
    # Given music of four styles, and as many audiobooks of one voice again and again
    music = clusters(4, 50, DIM)
    books = clusters(1, 200, DIM, seed=9)
    both, alone = EmbeddedStore(tmp_path / "both.db"), EmbeddedStore(tmp_path / "alone.db")
    try:
        alone.upsert(COLLECTION, rows(200), music, DIM)
        both.upsert(COLLECTION, rows(400), np.concatenate([music, books]), DIM)
        expected = Calibrator(alone).of(COLLECTION, alone.status()[COLLECTION])
        calibrator = Calibrator(both)
        mixed = calibrator.of(COLLECTION, both.status()[COLLECTION])
        assert not np.allclose(mixed.similarity(music, music), expected.similarity(music, music), atol=0.05)
        # When the books vanish, whose vectors are kept for a while
        both.hide(frozenset(row.track_id for row in rows(400)[200:]))
        found = calibrator.of(COLLECTION, both.status()[COLLECTION])
        # Then similarity means what it means without them
        assert (found.count, both.status()[COLLECTION].count) == (200, 400)
        assert np.allclose(found.similarity(music, music), expected.similarity(music, music), atol=1e-5)
    finally:
        both.close()
        alone.close()
