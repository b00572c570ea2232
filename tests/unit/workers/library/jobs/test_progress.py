"""The counts of a job, whatever the order of its outcomes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.jobs import EMBED, Failure, JobStatus
from workers.library.jobs.progress import LISTED_FAILURES, TrackProgress
from workers.library.jobs.records import COMPLETED, PAUSED, RUNNING, EmbedOptions, Job

MODELS = ("muq", "mert", "spectral")


def job(status: JobStatus = RUNNING) -> Job:
    return Job("j", EMBED, status, EmbedOptions(MODELS).packed(), 1.0, 2.0)


outcomes = st.lists(
    st.tuples(st.sampled_from(MODELS), st.integers(0, 70), st.booleans()), unique_by=lambda o: o[:2], max_size=150
)


@given(outcomes)
@settings(max_examples=60, deadline=None)
def test_counts_never_contradict_each_other(planned: list[tuple[str, int, bool]]) -> None:
    progress = TrackProgress(MODELS)
    for model, track, _ in planned:
        progress.add(model, str(track), 10.0)
    tracks = {track for _, track, _ in planned}
    last = -1.0
    for step, (model, track, ok) in enumerate(planned, 1):
        progress.models[model].seconds += 1.0
        if ok:
            progress.done(model, str(track), 10.0)
        else:
            progress.failed(model, str(track), 10.0, Failure(track_id=str(track)))
        told = progress.told(job(), now=100.0)
        through = {t for t in tracks if all(p[1] != t for p in planned[step:])}
        assert told.total_tracks == len(tracks)
        assert told.processed_tracks == len(through)
        assert told.failed_tracks == len({t for _, t, ok in planned[:step] if not ok} & through)
        assert (told.processed_operations, told.total_operations) == (step, len(planned))
        assert last < told.progress_percent <= 100.0
        last = told.progress_percent
        assert all(m.done + m.failed <= m.total for m in told.models.values())
        assert len(told.failures) <= LISTED_FAILURES
        assert told.estimated_completion is None or told.estimated_completion >= 100.0
    assert progress.told(job(COMPLETED)).progress_percent == 100.0


def test_the_estimate_goes_by_music_left_and_measured_speed() -> None:
    # Given two models; one has done a third of its music at twenty times real time
    progress = TrackProgress(("muq", "mert"))
    for model in ("muq", "mert"):
        for track in range(3):
            progress.add(model, str(track), 200.0)
    progress.models["muq"].seconds = 10.0
    progress.done("muq", "0", 200.0)
    progress.models["mert"].speed = 5.0
    # Then muq has 400 s of music left at 20, mert 600 s at the 5 that earlier jobs measured
    assert progress.told(job(), now=1000.0).estimated_completion == 1000.0 + 400 / 20 + 600 / 5
    # Side by side it takes as long as the slower one
    progress.models["muq"].at_work = progress.models["mert"].at_work = True
    assert progress.told(job(), now=1000.0).estimated_completion == 1000.0 + 600 / 5
    assert progress.told(job(), now=1000.0).models["muq"].tracks_per_hour == 360.0
    assert progress.told(job(PAUSED)).estimated_completion is None


def test_a_track_that_gets_more_to_do_is_not_through_any_more() -> None:
    # Given a track that two models have been through, the one without success
    progress = TrackProgress(MODELS)
    progress.add("muq", "a", 10.0)
    progress.failed("muq", "a", 10.0, Failure(track_id="a"))
    for model in ("mert", "spectral"):
        assert (progress.told(job()).processed_tracks, progress.told(job()).failed_tracks) == (1, 1)
        # When
        progress.add(model, "a", 10.0)
        # Then
        told = progress.told(job())
        assert (told.total_tracks, told.processed_tracks, told.failed_tracks) == (1, 0, 0)
        progress.done(model, "a", 10.0)


def test_nothing_is_estimated_without_a_measurement() -> None:
    progress = TrackProgress(("muq",))
    progress.add("muq", "a", 100.0)
    assert progress.told(job()).estimated_completion is None
    assert progress.told(job()).progress_percent == 0.0


def test_vectors_that_were_there_say_nothing_of_a_models_speed() -> None:
    # Given a job that had nothing to compute
    progress = TrackProgress(["spectral"])
    for track in range(60):
        progress.add("spectral", str(track), 200.0)
        progress.done("spectral", str(track), 200.0, computed=False)
    progress.models["spectral"].seconds = 0.063
    assert progress.told(job()).models["spectral"].tracks_per_hour == 0
    # When it took a while, and some were computed, these alone count
    progress.models["spectral"].seconds = 10.0
    assert progress.told(job()).models["spectral"].tracks_per_hour == 0
    progress.add("spectral", "new", 200.0)
    progress.done("spectral", "new", 200.0)
    assert progress.told(job()).models["spectral"].tracks_per_hour == 360.0
    # When all was done within a moment, it counts as a second's work
    quick = TrackProgress(["spectral"])
    quick.add("spectral", "a", 200.0)
    quick.done("spectral", "a", 200.0)
    quick.models["spectral"].seconds = 0.001
    assert quick.told(job()).models["spectral"].tracks_per_hour == 3600
