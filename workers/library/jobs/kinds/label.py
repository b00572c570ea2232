"""`label`: labels tracks that were embedded before: from stored vectors at once, then from the signal."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np

from broker.vectors import unpack_vectors
from contract.jobs import EMBED, JobStatus, LabelOptions
from contract.labels import AudioAnalysis
from contract.search import LookupRequest
from workers.library.catalogue.navidrome_watcher import READY, NavidromeWatcher
from workers.library.jobs.analysis import Analysis, analysing_model, steps_of
from workers.library.jobs.context import Context, JobFailed
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.records import CANCELLED, COMPLETED, COMPLETED_WITH_ERRORS, FAILED, Job
from workers.library.jobs.work import Work
from workers.library.labels.missing import SCORED_MODELS, MissingLabels
from workers.models.musicnn.locations import available

#: Recordings whose vectors are read at once.
PAGE: Final = 500
#: Seconds between two looks for work, and after a job that failed.
LOOK_SECONDS: Final = 30.0
REST_SECONDS: Final = 600.0


class Label(Kind[LabelOptions]):
    """Waits while something is being embedded: embedding labels its tracks itself.

    Starts automatically if recordings lack facts and a model is there to hear them, or if they lack labels that their
    stored vectors hold: because they were embedded before, because the taggers' weights came later, or because the
    vocabulary has changed.

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
        #: Recordings without labels that the last job left: the store lacks their vectors. They start no other one.
        self._left = 0

    def due(self, *, fresh: bool) -> Mapping[str, Any] | None:
        context = self._context
        if time.monotonic() < self._look_at or not context.settings.auto_embed or self._watcher.state != READY:
            return None
        self._look_at = time.monotonic() + LOOK_SECONDS
        last = context.jobs.last(self.name)
        if last is not None and last.status == CANCELLED:
            return None  # once cancelled, it waits until somebody starts it
        if context.jobs.active(EMBED) is not None:
            return None
        if self._more_scorable() or (self._missing.any() and analysing_model(context) is not None):
            return {"automatic": True}
        return None

    def _more_scorable(self) -> bool:
        """Return whether labels can be read from vectors that the last job did not have."""
        scorable = self._scorable()
        more = scorable > self._left
        self._left = min(self._left, scorable)
        return more

    def _scorable(self) -> int:
        if not available(self._context.settings.checkpoints):
            return 0
        return self._missing.scorable({model: self._context.models.get(model).generation for model in SCORED_MODELS})

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
        from workers.library.labels.from_vectors import VectorScorer  # late: reads 3 MB of weights

        checkpoints = work.context.settings.checkpoints
        if not available(checkpoints):
            return
        scorer: VectorScorer | None = None
        for model in SCORED_MODELS:
            todo = self._missing.without_scores(model, work.context.models.get(model).generation)
            done = 0
            for ids in _parts(list(todo)):
                steps_of(work).at(f"labels from the vectors of {model}", done, len(todo))
                work.go_on()
                scorer = scorer or VectorScorer(checkpoints)
                self._score(work, scorer, model, ids, todo)
                done += len(ids)
        self._left = self._scorable()

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
        if found is None and work.job.automatic:
            return 0  # the labels of stored vectors need no worker; another job starts once a model can listen
        if found is None:
            raise JobFailed(
                "no worker of a model that analyses sound is running: `sonicmesh scale spectral=1` starts one"
            )
        return Analysis(work, self._watcher, *found, everything=everything).run(todo)


def _parts(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while part := list(islice(rest, PAGE)):
        yield part
