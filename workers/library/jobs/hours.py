"""The hours in which automatic jobs may work (`SONICMESH_JOB_HOURS`)."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from workers.library.jobs.backoff import Wait

#: Two times of the day: when the hours begin and end: `22-7`, `22:30-6`.
FORM: Final = re.compile(r"(\d{1,2})(?::(\d\d))?\s*-\s*(\d{1,2})(?::(\d\d))?")
MINUTES_PER_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """From `first` until before `last`, in minutes of the local day; across midnight if `last` is the smaller."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Read hours such as `22-7`. Raises `ValueError`."""
        found = FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError("two times of the day such as 22-7 or 22:30-6 are expected")
        first, last = (_minutes(hour, minute) for hour, minute in (found.group(1, 2), found.group(3, 4)))
        if first == last:
            raise ValueError("the hours begin and end at the same time: leave the setting empty for the whole day")
        return cls(first, last)

    def __str__(self) -> str:
        return f"{_shown(self.first)}-{_shown(self.last)}"

    def contain(self, now: float) -> bool:
        """Return whether `now` (unix seconds) is within the hours, by this machine's clock."""
        local = time.localtime(now)
        minute = 60 * local.tm_hour + local.tm_min
        if self.first < self.last:
            return self.first <= minute < self.last
        return minute >= self.first or minute < self.last

    def wait(self, now: float) -> Wait | None:
        """Return what an automatic job waits for; None within the hours."""
        if self.contain(now):
            return None
        return Wait(
            f"it began by itself and waits until {_shown(self.first)} (SONICMESH_JOB_HOURS={self}); "
            "a job that somebody starts works at once"
        )


def _minutes(hour: str, minute: str | None) -> int:
    found = 60 * int(hour) + int(minute or 0)
    if int(minute or 0) > 59 or found > MINUTES_PER_DAY:
        raise ValueError("hours are 0 to 24, minutes 00 to 59")
    return found % MINUTES_PER_DAY


def _shown(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
