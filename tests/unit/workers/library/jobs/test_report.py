"""Which of several jobs is shown, and whose events are sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from broker.publisher import EventPublisher
from contract.event import Event
from contract.events import JobProgress
from contract.jobs import NO_JOB, JobKind, JobStatus, Progress
from workers.library.jobs.backoff import Wait
from workers.library.jobs.records import Job
from workers.library.jobs.report import Reporter


class Channel:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def tell(self, event: Event) -> None:
        assert isinstance(event, JobProgress)
        self.told.append((event.kind, event.status))


def reporter(channel: Channel, *last: Progress, wait: Wait | None = None) -> Reporter:
    return Reporter(cast(EventPublisher, cast(Any, channel)), last, lambda *_: wait)


def job(kind: JobKind, status: JobStatus, at: float = 1.0) -> Progress:
    return Progress(kind=kind, status=status, job_id=kind, started_at=at)


def test_without_a_job_there_is_nothing_to_tell() -> None:
    channel = Channel()
    empty = reporter(channel)
    empty.tell_again()
    assert (empty.current(), channel.told) == (NO_JOB, [])


def test_the_job_that_embeds_comes_first() -> None:
    # Given one that has ended
    channel = Channel()
    shown = reporter(channel, job("embed", "completed"))
    # When a backup runs, it is shown with its end, and then the other again
    life: tuple[JobStatus, ...] = ("initialized", "running", "completed")
    for status in life:
        shown.tell(job("backup", status, 2.0))
        assert shown.current().kind == ("embed" if status == "completed" else "backup")
    assert channel.told == [("backup", "initialized"), ("backup", "running"), ("backup", "completed")]
    # When it runs beside an embedding job, nobody who watches that job hears of it
    channel.told.clear()
    embedding = replace(job("embed", "running"), job_id="second")
    shown.tell(embedding)
    beside: tuple[JobStatus, ...] = ("running", "completed")
    for status in beside:
        shown.tell(job("backup", status, 3.0))
        assert shown.current().kind == "embed"
    shown.tell(replace(embedding, status="completed"))
    assert channel.told == [("embed", "running"), ("embed", "completed")]
    # But it can be found by its id
    told = shown.of("backup")
    assert told is not None and told.started_at == 3.0
    assert shown.of("another") is None


def test_the_end_of_a_job_is_final() -> None:
    # Given a job that ended while another thread was about to report that it is being cancelled
    channel = Channel()
    shown = reporter(channel)
    shown.tell(job("embed", "running"))
    shown.tell(job("embed", "cancelled"))
    # When that report comes late
    shown.status(Job("embed", "embed", "cancelling", {}, 0.0), job("embed", "running"))
    # Then nobody hears of it
    assert shown.current().status == "cancelled"
    assert channel.told == [("embed", "running"), ("embed", "cancelled")]
    # And the next job of the kind is reported
    shown.tell(replace(job("embed", "initialized"), job_id="next"))
    assert channel.told[-1] == ("embed", "initialized")


def test_a_paused_job_of_another_kind_hides_nothing() -> None:
    shown = reporter(Channel(), job("embed", "completed"))
    shown.tell(job("backup", "paused"))
    assert shown.current().kind == "embed"
    # Among jobs that never embedded, the last one started is shown
    others = reporter(Channel(), job("prune", "completed", 1.0), job("backup", "completed", 2.0))
    assert others.current().kind == "backup"


def test_what_a_job_waits_for_is_told_with_it() -> None:
    wait = Wait("the disk is full", "/data")
    waiting = reporter(Channel(), job("embed", "running"), wait=wait).current()
    assert (waiting.waiting, waiting.message) == (wait.told, "the disk is full")
    assert reporter(Channel(), job("embed", "paused"), wait=wait).current().waiting is None
