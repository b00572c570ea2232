"""`sonicmesh watch`: shows the job live, from the event channel."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated, Final

import typer

from broker.events import EventSubscriber
from cli import output
from cli.commands.embed import job_line
from cli.mesh import connected
from cli.view import OVER, JobBar, job_progress
from contract.events import JobProgress, TrackEnded, read_event
from contract.jobs import ENDED, NO_JOB, Progress, document
from contract.settings import MeshSettings, load_settings

#: Prefixes of the topics to show: those of the job, or all.
TOPICS: Final = {False: (JobProgress.topic, TrackEnded.topic), True: ("",)}


def watch(
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as one line of JSON.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print all events, not only the job's.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Keep watching after the job has ended.")] = False,
) -> None:
    """Show the progress of the running job live, until the job ends."""
    settings = load_settings(MeshSettings)
    every = events or as_json
    with connected(settings) as client:
        job = job_progress(client)
        if job.status in OVER and not (follow or events):
            output.print_json(document(job)) if as_json else output.console.print(f"no job is running; {_last(job)}")
            return
        with (
            closing(EventSubscriber(settings.events_endpoint, TOPICS[events])) as channel,
            JobBar(quiet=every) as bar,
        ):
            bar.update(job)
            for topic, event in channel:
                if as_json:
                    typer.echo(output.one_line({"topic": topic, **event}))
                elif events:
                    output.say(f"{_clock(event['ts'])} {topic} {_brief(event)}")
                typed = read_event(topic, event)
                if not isinstance(typed, JobProgress):
                    continue
                if not every:
                    bar.update(typed)
                if typed.status in ENDED and not follow:
                    return


def _last(job: Progress) -> str:
    return "none has run yet" if job.status == NO_JOB.status else f"the last one: {job_line(job)}"


def _clock(ts: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(ts))


def _brief(event: dict[str, object]) -> str:
    skipped = {"ts", "seq", "failures", "models"}
    return " ".join(f"{key}={value}" for key, value in event.items() if key not in skipped and value is not None)
