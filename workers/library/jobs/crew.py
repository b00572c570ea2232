"""The models of a job at work: side by side where they fit the device together, else one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import Final

from workers.library.jobs.context import Context, Interrupted, JobFailed
from workers.library.jobs.part_run import PartRun
from workers.library.jobs.progress import Progress
from workers.library.jobs.room import fits_beside

#: Seconds before it is asked again whether a model fits beside those at work.
ASK_AGAIN_SECONDS: Final = 2.0
#: Seconds between two times that models at work give way to one that was through and has new tracks: each costs a load.
GIVE_WAY_SECONDS: Final = 600.0


class Crew:
    """Runs parts of a job in the job's thread, in turns. `tick` is called several times a second.

    A part waits, is at work, or is over (through, or failed). No model is started that does not fit beside those at
    work, and one that found no room all the same waits until they are through: so none takes another's memory.
    """

    def __init__(
        self, context: Context, parts: Sequence[PartRun], progress: Progress, tick: Callable[[], None], *, grows: bool
    ) -> None:
        """`grows`: tracks that are found meanwhile are taken up."""
        self._context = context
        self._parts = list(parts)
        self._progress = progress
        self._tick = tick
        self._grows = grows
        self._at_work: list[PartRun] = []
        self._begun: dict[PartRun, Generator[None]] = {}
        self._problems: dict[PartRun, str] = {}
        #: Found no room though it should have: not to be tried again before another is over.
        self._crowded: set[PartRun] = set()
        self._interrupted = False
        self._ask_at = self._give_way_at = 0.0

    def run(self) -> list[str]:
        """Work until all are over; why those that failed did. Raises `Interrupted`, `MeshError`."""
        try:
            while self._waiting() or self._begun:
                if self._context.control.interrupted and not self._begun:
                    raise Interrupted
                self._look()
                for part in list(self._begun):
                    self._step(part)
                self._tell()
                if self._begun:
                    self._context.control.wait()
        finally:
            for work in self._begun.values():
                work.close()
        if self._interrupted:
            raise Interrupted
        return list(self._problems.values())

    def _waiting(self) -> list[PartRun]:
        """Those whose turn has not come, or was interrupted; what has news only goes first."""
        if self._interrupted:
            return []
        over = {*self._at_work, *self._problems}
        return sorted(
            (part for part in self._parts if part not in over and not part.through), key=lambda part: not part.reopened
        )

    def _look(self) -> None:
        """Take up what is new, see who has to wait and who may begin."""
        if self._context.control.interrupted:
            return
        if self._grows and self._context.control.take_news():
            for part in self._parts:
                if part not in self._problems:
                    part.take_up()
        for part in list(self._at_work):
            if part.short_of_memory and len(self._at_work) > 1:
                self._crowded.add(part)
                self._hold(part)
        self._admit(self._waiting())
        for part in self._at_work:
            part.see_others(at_work=len(self._at_work) > 1)

    def _admit(self, waiting: Sequence[PartRun]) -> None:
        if not waiting:
            return
        if not self._at_work:
            self._begin(waiting[0])
        elif time.monotonic() >= self._ask_at and not self._context.control.paused:
            self._ask_at = time.monotonic() + ASK_AGAIN_SECONDS
            for part in waiting:
                fits = None if part in self._crowded else self._fits(part)
                if fits or (fits is False and self._may_give_way(part)):
                    self._begin(part)
                    return

    def _fits(self, part: PartRun) -> bool | None:
        loaded = [other.model for other in self._at_work if other.settled]
        others = [other.model for other in self._at_work if not other.settled]
        return fits_beside(self._context, part.model, loaded, others)

    def _may_give_way(self, part: PartRun) -> bool:
        """Whether those at work were put on hold for a part that has only some new tracks left: they must not wait
        until another model has been through the whole library.
        """
        now = time.monotonic()
        if not part.reopened or any(other.reopened for other in self._at_work) or now < self._give_way_at:
            return False
        self._give_way_at = now + GIVE_WAY_SECONDS
        for other in list(self._at_work):
            self._hold(other)
        return True

    def _begin(self, part: PartRun) -> None:
        """It is the part's turn, for the first time or again."""
        self._at_work.append(part)
        self._progress.models[part.model].at_work = True
        if part in self._begun:
            part.hold(on=False)
        else:
            self._begun[part] = part.work()

    def _hold(self, part: PartRun) -> None:
        """The part waits; what it has under way comes to its end."""
        part.hold(on=True)
        self._leave(part)
        self._ask_at = time.monotonic() + ASK_AGAIN_SECONDS

    def _step(self, part: PartRun) -> None:
        """Let one part do what it can do now."""
        try:
            next(self._begun[part])
            return
        except StopIteration:
            pass
        except JobFailed as error:  # the other models may do better
            self._problems[part] = f"{part.model}: {error}"
        except Interrupted:
            self._interrupted = True
        del self._begun[part]
        self._leave(part)
        self._crowded.clear()
        self._ask_at = 0.0

    def _leave(self, part: PartRun) -> None:
        if part in self._at_work:
            self._at_work.remove(part)
        self._progress.models[part.model].at_work = False

    def _tell(self) -> None:
        waits = [part.waits for part in self._at_work if part.waits is not None]
        self._progress.message = "; ".join(dict.fromkeys(wait.reason for wait in waits))
        self._progress.waits = waits[0] if waits and len(waits) == len(self._at_work) else None
        self._tick()
