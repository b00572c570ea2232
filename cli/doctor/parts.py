"""The parts of a running mesh, and what can be checked while it is stopped."""

from __future__ import annotations

import fcntl
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from broker.client import MeshClient
from broker.settings import BrokerSettings
from cli.doctor.finding import Finding, Findings, note, ok, wrong
from cli.doctor.machine import listens
from cli.doctor.processes import awaken, check_processes
from cli.supervisor import Supervisor, leftovers
from cli.view import vector_counts
from contract.errors import (
    DecodeFailed,
    EmptyAudio,
    FileMissing,
    FileUnreadable,
    MeshError,
    ModelFailed,
    ModelUnavailable,
    OutOfMemory,
    SilentAudio,
)
from contract.jobs import Failures, FailuresRequest
from contract.library import Library, LibraryClient, LibraryStatus
from contract.mesh import ManagementClient, Queues
from contract.message import Message, Nothing
from contract.operation import LANES, BlockingCall
from contract.search import Search, SearchClient, StoreStatus
from contract.settings import load_settings
from workers.library.navidrome.values import ORIGIN
from workers.models.adapter import adapter_class
from workers.models.registry import DEFAULT, FALLBACK, MODELS
from workers.search.settings import SearchSettings

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

#: Seconds that one part may take to answer.
PART_SECONDS: Final = 5.0
#: Calls that may wait for one service before a warning.
LONG_QUEUE: Final = 100
#: Most failures to count.
MOST_FAILURES: Final = 10_000
MILVUS_PORT: Final = 19530
#: What to do about failed tracks, by code.
ADVICE: Final = {
    DecodeFailed.code: "play one of these files: it may be damaged",
    EmptyAudio.code: "these files hold no sound",
    SilentAudio.code: "these files hold silence",
    FileMissing.code: "mount the disk, or set NAVIDROME_MUSIC_ROOT or SONICMESH_PATH_MAP",
    FileUnreadable.code: "let this user read them",
    OutOfMemory.code: "run fewer models or workers, or a smaller one",
    ModelUnavailable.code: "see the model's line here",
    ModelFailed.code: "see the model's log",
}


def check_running(settings: SearchSettings, client: MeshClient, supervisor: Supervisor) -> Findings:
    """Check processes, broker, workers and queues, the library, the store, the last job."""
    processes = supervisor.processes()
    yield from check_processes(processes, settings.logs)
    mesh, library = ManagementClient(client), LibraryClient(client)
    workers = _ask(mesh.workers, Nothing())
    if isinstance(workers, MeshError):
        advice = f"`supervisorctl restart broker`; {settings.logs}/broker.log may say why"
        yield wrong("broker", f"does not answer within {PART_SECONDS:.0f} s", advice)
        return
    services = {worker.service for worker in workers.workers}
    yield ok("broker", f"answers; {len(workers.workers)} workers")
    expected = {Library.service: "", Search.service: ""} | {MODELS[model].service: model for model in settings.models}
    for service, model in expected.items():
        if service not in services:
            yield wrong(service, "has no worker", awaken(service, model, processes, settings.logs))
    yield from _queues(_ask(mesh.queues, Nothing()), load_settings(BrokerSettings).queue_limit)
    if Search.service in services:
        yield from _store(_ask(SearchClient(client).status, Nothing()))
    if Library.service in services:
        yield from _library(_ask(library.status, Nothing()))
        yield from _failures(_ask(library.failures, FailuresRequest(limit=MOST_FAILURES)))


def _ask(ask: BlockingCall[Q, A], request: Q) -> A | MeshError:
    """Return the answer of a part, or why it does not answer."""
    try:
        return ask(request, timeout=PART_SECONDS)
    except MeshError as error:
        return error


def _queues(answer: Queues | MeshError, limit: int) -> Findings:
    if isinstance(answer, MeshError):
        return
    models = {MODELS[model].service: model for model in MODELS}
    for service, queue in answer.queues.items():
        waiting = sum(queue.get(lane, 0) for lane in LANES)
        more = (
            f"`sonicmesh scale {models[service]}=N` adds workers"
            if service in models
            else "wait, or send fewer requests"
        )
        if waiting >= limit:
            text = f"{waiting} calls wait, and the queue is full (SONICMESH_QUEUE_LIMIT): callers get `busy`"
            yield wrong(f"queue of {service}", text, more)
        elif waiting > LONG_QUEUE:
            yield note(f"queue of {service}", f"{waiting} calls wait", more)


def _store(answer: StoreStatus | MeshError) -> Findings:
    if isinstance(answer, MeshError):
        yield wrong("store", answer.message, "see search.log; is NAVIDROME_MILVUS_URI right?")
        return
    yield ok("store", f"{answer.uri} answers: {vector_counts(answer.models) or 'no vectors yet'}")


def _library(answer: LibraryStatus | MeshError) -> Findings:
    if isinstance(answer, MeshError):
        yield wrong("library", answer.message, "see library.log")
        return
    if answer.state != "ready":
        yield wrong("library", answer.reason, "see the database's line here")
    else:
        yield ok("library", f"{answer.tracks} tracks, {answer.missing} missing")
    for text in answer.notices:
        if text.startswith(ORIGIN):
            continue  # the findings about the database cover it
        yield note("library", text, "see docs/operate/library.md")


def _failures(answer: Failures | MeshError) -> Findings:
    """Check the first `MOST_FAILURES`; nothing if the library does not answer, which another finding reports."""
    failures = [] if isinstance(answer, MeshError) else answer.failures
    yield from failure_findings(Counter(failure.code for failure in failures if failure.kind == "failure"))


def failure_findings(codes: Mapping[str, int]) -> Findings:
    """Yield one finding per code of tracks that failed for good."""
    for code, number in codes.items():
        advice = ADVICE.get(code, "`sonicmesh status --failures` lists them")
        yield note(f"failed {code}", f"{number} tracks", f"{advice}; then `sonicmesh embed --retry-failed`")


def check_standing(settings: SearchSettings) -> Findings:
    """Check a stopped mesh: what an earlier one left, its store, its `state.db`."""
    yield _mesh(settings)
    processes = list(leftovers())
    if processes:
        yield wrong("processes", f"{len(processes)} of an earlier mesh are still running", "`sonicmesh run` ends them")
    yield check_store(settings)
    yield from check_state(settings.data / "state.db")


def _mesh(settings: SearchSettings) -> Finding:
    """Report why the mesh does not run; supervisord removes its pid file when it exits by itself."""
    if not (settings.run_dir / "supervisord.pid").exists():
        return note("mesh", "is not running", "start it with `sonicmesh run`")
    text = "is not running, but was never stopped: supervisord was killed, or the machine went down"
    return note("mesh", text, f"`sonicmesh run` cleans up; {settings.logs}/supervisord.log may say why")


def check_store(settings: SearchSettings) -> Finding:
    """Check that the store could be opened, or its server listens. Does not open it: that could take a minute."""
    if "://" in settings.uri:
        parts = urlsplit(settings.uri)
        if listens(parts.hostname or "", parts.port or MILVUS_PORT):
            return ok("store", f"{settings.uri} listens")
        return wrong("store", f"nothing listens at {settings.uri}", "start the server, or change NAVIDROME_MILVUS_URI")
    path = settings.store_path
    if not path.exists():
        return ok("store", f"{path} will be created")
    if not path.is_dir():
        return wrong(
            "store", f"{path} is a file", "an older Milvus Lite made it: move it away and embed the library again"
        )
    return ok("store", f"{path} exists")


def check_state(path: Path) -> Findings:
    """Check that `state.db` can be read and no other process owns it."""
    try:
        if not path.exists():
            return
        taken = _taken(path.with_name("state.lock"))
    except OSError as error:
        yield wrong("state.db", f"{path} cannot be opened: {error.strerror}", "change the owner of its folder")
        return
    if taken:
        yield wrong("state.db", "another process has it open", "stop the other mesh that uses this folder")
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            sql = "SELECT code, count(*) FROM ledger WHERE state = 'failed' GROUP BY code"
            codes = {str(code): int(number) for code, number in connection.execute(sql)}
    except sqlite3.DatabaseError as error:
        result, codes = str(error), {}
    if result != "ok":
        yield wrong(
            "state.db",
            f"{path}: {result}",
            "restore a backup, or move it away: the vectors that the store holds are then reused",
        )
        return
    yield ok("state.db", "can be read")
    yield from failure_findings(codes)


def _taken(guard: Path) -> bool:
    """Return whether another process holds the lock. Raises `OSError`."""
    if not guard.exists():
        return False
    with guard.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def check_models(settings: SearchSettings) -> Findings:
    """Check that the weights of each enabled model exist, and those that a better default would need."""
    if not settings.named_models and settings.models == (FALLBACK,):
        yield note(
            f"model {DEFAULT}",
            f"musicnn's weights are not installed, so this machine uses {FALLBACK} alone",
            "`sonicmesh models download musicnn` fetches them (29 MB), then `sonicmesh stop` and `run`",
        )
    for model in settings.models:
        try:
            adapter_class(MODELS[model])(MODELS[model], settings).check()
        except (ModelUnavailable, OSError) as error:
            yield wrong(f"model {model}", str(error), f"fetch its files into {settings.checkpoints}")
        else:
            yield ok(f"model {model}", "has what it needs")
