"""Has models analyse recordings that were embedded before."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from contract.embedding import AnalysedAudio, AnalyseRequest, EmbeddingClient
from contract.errors import Busy, MeshError, NoWorker
from contract.jobs import EMBED
from contract.message import Nothing
from contract.operation import BATCH, ReplyWithBlobs
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.jobs.backoff import Backoff, Wait, passes
from workers.library.jobs.context import Context, Interrupted
from workers.library.jobs.records import PAUSED
from workers.library.jobs.steps import StepProgress
from workers.library.jobs.work import Work
from workers.library.labels.missing import Unheard
from workers.library.navidrome.paths import portable

#: Seconds that a model may take to describe itself.
DESCRIBE_SECONDS: Final = 2.0
#: Seconds that a recording may take, waiting included: the minimum, plus this much per second of music.
DEADLINE_SECONDS: Final = 300.0
DEADLINE_PER_SECOND: Final = 2.0

log = logging.getLogger(__name__)


class Analysis:
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
        steps = steps_of(self._work)
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


def steps_of(work: Work) -> StepProgress:
    """Return the progress of a job that consists of steps."""
    assert isinstance(work.tally, StepProgress)
    return work.tally
