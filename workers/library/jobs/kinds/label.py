"""`label`: labels tracks that were embedded before: from stored vectors at once, then from the signal."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Any, Final

import numpy as np

from broker.vectors import unpack_vectors
from contract.embedding import AnalysedAudio, AnalyseRequest, EmbeddingClient
from contract.errors import Busy, MeshError, NoWorker
from contract.jobs import EMBED, JobStatus, LabelOptions
from contract.labels import AudioAnalysis
from contract.message import Nothing
from contract.operation import BATCH, ReplyWithBlobs
from contract.search import LookupRequest
from workers.library.catalogue.navidrome_watcher import READY, NavidromeWatcher
from workers.library.jobs.backoff import Backoff, Wait, passes
from workers.library.jobs.context import Context, Interrupted, JobFailed
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.records import CANCELLED, COMPLETED, COMPLETED_WITH_ERRORS, FAILED, PAUSED, Job
from workers.library.jobs.steps import StepProgress
from workers.library.jobs.work import Work
from workers.library.labels.missing import MissingLabels, Unheard
from workers.library.navidrome.paths import portable

#: Recordings whose vectors are read at once.
PAGE: Final = 500
#: Seconds between two looks for work, and after a job that failed.
LOOK_SECONDS: Final = 30.0
REST_SECONDS: Final = 600.0
#: Seconds that a model may take to describe itself.
DESCRIBE_SECONDS: Final = 2.0
#: Seconds that a recording may take, waiting included: the minimum, plus this much per second of music.
DEADLINE_SECONDS: Final = 300.0
DEADLINE_PER_SECOND: Final = 2.0

log = logging.getLogger(__name__)


class Label(Kind[LabelOptions]):
    """Waits while something is being embedded: embedding labels its tracks itself.

    Every recording is kept as soon as it is labelled, so an interrupted job continues where it was.
    """

    name = "label"
    options = LabelOptions
    thread = "labels"

    def __init__(self, context: Context, watcher: NavidromeWatcher) -> None:
        self._context = context
        self._watcher = watcher
        self._missing = MissingLabels(context.state, context.catalogue)
        self._look_at = 0.0

    def due(self, *, fresh: bool) -> Mapping[str, Any] | None:
        context = self._context
        if time.monotonic() < self._look_at or not context.settings.auto_embed or self._watcher.state != READY:
            return None
        self._look_at = time.monotonic() + LOOK_SECONDS
        last = context.jobs.last(self.name)
        if last is not None and last.status == CANCELLED:
            return None  # once cancelled, it waits until somebody starts it
        if context.jobs.active(EMBED) is not None or not self._missing.any() or analysing_model(context) is None:
            return None
        return {"automatic": True}

    def over(self, job: Job) -> None:
        if job.status == FAILED:
            self._look_at = time.monotonic() + REST_SECONDS

    def run(self, work: Work) -> JobStatus:
        work.begin()
        everything = self.wanted(work.job).all
        self._from_vectors(work)
        failed = self._from_signal(work, everything=everything)
        work.context.labels.tell(now=True)
        return COMPLETED_WITH_ERRORS if failed else COMPLETED

    def _from_vectors(self, work: Work) -> None:
        """Label recordings that have a vector of a model with taggers."""
        from workers.library.labels.from_vectors import HIDDEN, VectorScorer, can_score  # late: reads 3 MB of weights

        checkpoints = work.context.settings.checkpoints
        if not can_score(checkpoints):
            return
        scorer: VectorScorer | None = None
        for model in HIDDEN:
            todo = self._missing.without_scores(model, work.context.models.get(model).generation)
            done = 0
            for ids in _parts(list(todo)):
                _steps(work).at(f"labels from the vectors of {model}", done, len(todo))
                work.go_on()
                scorer = scorer or VectorScorer(checkpoints)
                self._score(work, scorer, model, ids, todo)
                done += len(ids)

    def _score(self, work: Work, scorer: Any, model: str, ids: Sequence[str], audio_ids: Mapping[str, str]) -> None:
        request = LookupRequest(model=model, track_ids=list(ids))
        answer = work.context.answer_patiently(work.context.search.lookup, request)
        found = answer.value.track_ids
        if not found:
            return
        vectors = unpack_vectors(answer.blobs[0], answer.value.dim)
        scores = np.round(scorer.scores(model, vectors), 3)
        analyses = [(audio_ids[i], AudioAnalysis(scores=row.tolist())) for i, row in zip(found, scores, strict=True)]
        work.context.labels.put(analyses, exact=False)

    def _from_signal(self, work: Work, *, everything: bool) -> int:
        """Analyse the recordings that were not analysed yet, or all; return how many failed."""
        todo = self._missing.unheard(everything=everything)
        if not todo:
            return 0
        found = analysing_model(work.context)
        if found is None:
            raise JobFailed(
                "no worker of a model that analyses sound is running: `sonicmesh scale spectral=1` starts one"
            )
        return _Analysis(work, self._watcher, *found, everything=everything).run(todo)


class _Analysis:
    """Has a model analyse recordings, a few at a time."""

    def __init__(self, work: Work, watcher: NavidromeWatcher, model: str, tags: bool, *, everything: bool) -> None:
        self._work = work
        self._watcher = watcher
        self._client: EmbeddingClient = work.context.embedding(model)
        self._tags = tags
        self._everything = everything
        self._backoff = Backoff()
        self._asked: dict[Future[ReplyWithBlobs[AnalysedAudio]], Unheard] = {}
        self._again: deque[Unheard] = deque()
        self._done = self._failed = 0

    def run(self, todo: Sequence[Unheard]) -> int:
        """Analyse all; return how many failed. Raises `Interrupted`."""
        waiting = deque(todo)
        steps = _steps(self._work)
        try:
            while waiting or self._again or self._asked:
                steps.at("listening to tracks", self._done, len(todo))
                first = self._goes_first()
                steps.waits = first or self._backoff.wait
                self._work.tick()
                if first is None:
                    self._fill(waiting)
                self._work.context.control.wait()
                if self._work.context.control.interrupted:
                    raise Interrupted
        finally:
            for future in list(self._asked):
                future.cancel()
        steps.at("", self._done, len(todo))
        return self._failed

    def _goes_first(self) -> Wait | None:
        """Return what to wait for while tracks are being embedded."""
        job = self._work.context.jobs.active(EMBED)
        if job is None or job.status == PAUSED:
            return None
        return Wait("tracks are being embedded, which goes first")

    def _fill(self, waiting: deque[Unheard]) -> None:
        context = self._work.context
        while (waiting or self._again) and len(self._asked) < max(1, context.settings.tracks_in_flight // 2):
            if context.control.paused or self._backoff.waits:
                return
            self._ask((self._again or waiting).popleft())

    def _ask(self, unheard: Unheard) -> None:
        entry = unheard.entry
        request = AnalyseRequest(
            path=portable(self._watcher.locate(entry)),
            duration=entry.duration or None,
            tags=self._tags and (self._everything or not unheard.scored),
        )
        timeout = DEADLINE_SECONDS + DEADLINE_PER_SECOND * entry.duration
        future = self._client.analyse.submit(request, timeout=timeout, lane=BATCH)
        self._asked[future] = unheard
        post = self._work.context.control.post
        future.add_done_callback(lambda done: post(lambda: self._answered(done)))

    def _answered(self, done: Future[ReplyWithBlobs[AnalysedAudio]]) -> None:
        unheard = self._asked.pop(done, None)
        if unheard is None or done.cancelled():
            return
        error = done.exception()
        labels = self._work.context.labels
        if error is None:
            self._backoff.succeeded()
            labels.put([(unheard.entry.audio_id, done.result().value.analysis)])
            self._done += 1
        elif isinstance(error, MeshError) and passes(error):
            self._backoff.failed(error)
            self._again.append(unheard)
        elif isinstance(error, MeshError):
            log.info("%s cannot be heard: %s", unheard.entry.label, error.message)
            labels.failed(unheard.entry.audio_id)
            self._done += 1
            self._failed += 1
        else:
            raise error


def analysing_model(context: Context) -> tuple[str, bool] | None:
    """Return a usable enabled model that analyses sound, and whether it has taggers; prefers one that has."""
    found: list[tuple[str, bool]] = []
    for model in context.settings.models:
        try:
            described = context.embedding(model).describe(Nothing(), timeout=DESCRIBE_SECONDS)
        except (NoWorker, Busy):
            continue
        except MeshError as error:
            log.debug("%s does not describe itself: %s", model, error.message)
            continue
        if described.analyses and described.status == "available":
            found.append((model, described.tags))
    return max(found, key=lambda one: one[1], default=None)


def _steps(work: Work) -> StepProgress:
    assert isinstance(work.tally, StepProgress)
    return work.tally


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while part := list(islice(rest, PAGE)):
        yield part
