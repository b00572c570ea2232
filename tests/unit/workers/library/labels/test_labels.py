"""The vocabulary, the packing of scores and facts, and the calibration on a library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from broker.vectors import Vectors
from contract.labels import FACTS, KEYS, MARKS, AudioAnalysis, SoundFacts
from contract.vocabulary import NAMES, VOCABULARY
from workers.library.labels.accuracy import accuracy
from workers.library.labels.calibration import PRIOR, Calibrator, labels
from workers.library.labels.packing import facts_of, packed_facts, packed_scores, scores_of
from workers.library.labels.store import LabelStore
from workers.library.state.database import StateDatabase
from workers.models.musicnn.tags import ORDER, TAGS


class Told:
    """Events that were published."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def tell(self, event: object) -> None:
        self.events.append(event)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    state = StateDatabase(tmp_path)
    yield state
    state.close()


def add_track(state: StateDatabase, track_id: str, audio_id: str) -> None:
    with state.write() as connection:
        connection.execute(
            "INSERT INTO track (id, library_id, path, title, artist, artist_id, album, album_id, duration, stamp, "
            "tags, words, audio_id, audio_stamp) VALUES (?, 1, ?, '', '', '', '', '', 1, 's', '', '', ?, 's')",
            (track_id, track_id, audio_id),
        )


def store(state: StateDatabase) -> LabelStore:
    return LabelStore(state, Told())  # type: ignore[arg-type]


def analysis(score: float) -> AudioAnalysis:
    return AudioAnalysis(scores=[score] * len(NAMES))


def test_every_tag_belongs_to_one_label() -> None:
    known = [tag for meaning in VOCABULARY for tag in meaning.synonyms]
    assert sorted(known) == sorted(set(ORDER))
    assert [len(tags) for tags in TAGS.values()] == [50, 50]
    assert len(set(NAMES)) == len(NAMES)


def test_facts_come_back_as_they_were() -> None:
    for facts in (
        SoundFacts(),
        SoundFacts(bpm=120.5, key="A minor", loudness_lufs=-14.2, speech=0.01),
        SoundFacts(key=KEYS[0], vocals=1.0),
    ):
        assert facts_of(packed_facts(facts)) == facts
    assert facts_of(None) == SoundFacts()
    assert set(FACTS) == set(SoundFacts.__slots__)


def test_scores_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError, match="scores are expected"):
        packed_scores([0.0])
    assert scores_of(packed_scores([-1.5] * len(NAMES))).tolist() == [-1.5] * len(NAMES)


def test_exact_scores_are_never_replaced_by_those_of_a_vector(state: StateDatabase) -> None:
    # Given
    kept = store(state)
    add_track(state, "t1", "a1")
    kept.put([("a1", analysis(-3.0))], exact=False)
    kept.put([("a1", analysis(-2.0))], exact=True)
    # When
    kept.put([("a1", analysis(-1.0))], exact=False)
    kept.put([("a1", AudioAnalysis(facts=SoundFacts(bpm=90.0)))])
    # Then
    found = kept.of(["t1"])["t1"]
    assert found.scores is not None
    assert scores_of(found.scores)[0] == -2.0
    assert facts_of(found.facts).bpm == 90.0


def test_tracks_of_one_recording_share_its_labels(state: StateDatabase) -> None:
    kept = store(state)
    for track_id in ("t1", "t2"):
        add_track(state, track_id, "a1")
    add_track(state, "t3", "a3")
    kept.put([("a1", analysis(-3.0))])
    assert set(kept.of(["t1", "t2", "t3"])) == {"t1", "t2"}
    assert [one.track_id for one in kept.page("", 10, 0)] == ["t1", "t2"]
    assert [one.track_id for one in kept.page("t1", 10, 0)] == ["t2"]


def test_pages_of_changes_have_only_what_changed(state: StateDatabase) -> None:
    kept = store(state)
    for number in range(3):
        add_track(state, f"t{number}", f"a{number}")
        kept.put([(f"a{number}", analysis(-3.0))])
    known = kept.revision()
    kept.put([("a1", analysis(-2.0))])
    assert [one.track_id for one in kept.page("", 10, known)] == ["t1"]
    kept.touch(["a2"])
    assert [one.track_id for one in kept.page("", 10, known)] == ["t1", "t2"]
    assert kept.page("", 10, kept.revision()) == []


def test_a_score_is_the_rank_in_the_library(state: StateDatabase) -> None:
    # Given a library in which a raw score of -1 is ordinary
    kept = store(state)
    for number in range(20 * PRIOR):
        kept.put([(f"a{number:04}", analysis(-2 + number / (10 * PRIOR)))])
    table = Calibrator(kept).table()
    assert table.shape == (len(NAMES), 1 + MARKS)
    # When
    shown = {number: labels(np.full(len(NAMES), number, np.float32), table) for number in (-9.0, 0.0)}
    # Then
    assert shown[-9.0] == []
    assert {label.name for label in shown[0.0]} <= set(NAMES)
    middle = float(np.interp(-1.0, table[0, 1:], np.linspace(0, 1, MARKS)))
    assert middle == pytest.approx(0.5, abs=0.1)


def test_a_fresh_library_is_ranked_on_the_development_music(state: StateDatabase) -> None:
    table = Calibrator(store(state)).table()
    np.testing.assert_allclose(table[:, 1:], accuracy().reference, atol=1e-6)
    assert (np.diff(table[:, 1:], axis=1) >= 0).all()


def test_labels_no_better_than_chance_are_hidden() -> None:
    known = accuracy().known().labels
    assert [label.name for label in known] == list(NAMES)
    hidden = {label.name for label in known if not label.shown}
    strong: Vectors = np.full(len(NAMES), 9.0, np.float32)
    table = np.concatenate([accuracy().floors()[:, None], accuracy().reference], axis=1).astype(np.float32)
    shown = labels(strong, table)
    assert not hidden & {label.name for label in shown}
    assert {label.accuracy for label in shown} <= {"measured", "unmeasured"}
