"""All kinds of jobs are started, paused, cancelled, reported and recorded alike, and continue after a `kill -9`."""

from __future__ import annotations

import signal
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest

from broker.events import EventSubscriber
from contract.errors import Conflict, InvalidRequest, NotFound, TextUnavailable, error_from_wire
from contract.jobs import JobKind
from tests.harness.library_mesh import ENDED, LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.backup.archive import reading
from workers.library.backup.part import PREFIX

TRACKS = 6


@pytest.fixture
def library(mesh: LibraryMesh, music: Music, make_library: MakeLibrary, tmp_path: Path) -> LibraryWorker:
    """A library that is embedded; tracks that vanish may be forgotten at once."""
    for n in range(TRACKS):
        music.add(f"t{n}", f"{n}.wav", seed=n)
    library = make_library(SONICMESH_PRUNE_AFTER_DAYS="0", TEXT_EMBEDDING_CHECKPOINT_DIR=str(tmp_path / "checkpoints"))
    assert library.embed()["status"] == "completed"
    return library


@contextmanager
def hanging_store(mesh: LibraryMesh) -> Iterator[None]:
    """The store does not answer inside the block."""
    mesh.search.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        mesh.search.send_signal(signal.SIGCONT)


def start(library: LibraryWorker, kind: str, **options: Any) -> str:
    job_id: str = library.call("jobs.start", kind=kind, options=options)["job_id"]
    return job_id


def job(library: LibraryWorker, job_id: str) -> dict[str, Any]:
    return library.call("batch.job", job_id=job_id)


def until(library: LibraryWorker, job_id: str, *status: str) -> dict[str, Any]:
    found: dict[str, Any] = eventually(
        lambda: (told := job(library, job_id))["status"] in status and told, f"the job is {' or '.join(status)}"
    )
    return found


def history(library: LibraryWorker) -> list[tuple[str, str]]:
    """Kinds and statuses, oldest first."""
    return [(told["kind"], told["status"]) for told in reversed(library.call("batch.jobs")["jobs"])]


def killed(library: LibraryWorker) -> None:
    library.kill()
    library.start()


def vanish(music: Music, library: LibraryWorker, *track_ids: str) -> None:
    for track_id in track_ids:
        music.sql("DELETE FROM media_file WHERE id = ?", track_id)
    music.scan()
    eventually(lambda: library.call("library.status")["missing"] == len(track_ids), "they are missed")


def children(library: LibraryWorker) -> list[int]:
    """Process ids of trainings that the library worker has under way."""
    assert library.process is not None
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == library.process.pid and b"workers.models.training" in command:
            found.append(int(folder.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_every_kind_can_be_asked_for(library: LibraryWorker) -> None:
    for kind in get_args(JobKind):
        with pytest.raises(InvalidRequest, match=r"options\.polka: unknown field") as refused:
            start(library, kind, polka=1, **({"file": "/tmp/x"} if kind == "backup" else {}))
        assert refused.value.detail == {"field": "options.polka"}
        with pytest.raises(NotFound, match="no job is running"):
            library.call("jobs.cancel", kind=kind)
    with pytest.raises(InvalidRequest):
        start(library, "polka")
    assert history(library) == [("embed", "completed")]
    assert until(library, start(library, "embed", models=["spectral"]), *ENDED)["status"] == "completed"


def test_pruning_is_a_job_where_it_forgets_something(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given a look that finds nothing
    library.call("library.prune")
    # When so much vanished that nothing is forgotten unasked
    vanish(music, library, "t0", "t1", "t2")
    library.call("library.prune")
    eventually(lambda: library.call("library.status")["notices"], "a notice")
    assert history(library) == [("embed", "completed")]
    # When somebody asks
    told = until(library, start(library, "prune", all=True), *ENDED)
    # Then
    assert (told["status"], told["kind"], told["automatic"]) == ("completed", "prune", False)
    assert (told["processed_operations"], told["total_operations"], told["progress_percent"]) == (3, 3, 100.0)
    assert set(mesh.vectors()) == {"t3", "t4", "t5"}
    # When one more vanishes, it is forgotten automatically
    vanish(music, library, "t3")
    library.call("library.prune", all=True)
    eventually(lambda: set(mesh.vectors()) == {"t4", "t5"}, "it is forgotten")
    eventually(lambda: history(library)[1:] == [("prune", "completed")] * 2, "both are in the history")
    assert library.call("batch.jobs")["jobs"][0]["automatic"] is True
    # And `batch.*` is still about what was embedded
    assert (library.progress()["kind"], library.progress()["total_tracks"]) == ("embed", TRACKS)


def test_a_killed_pruning_goes_on(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    vanish(music, library, "t0", "t1", "t2")
    with hanging_store(mesh):
        job_id = start(library, "prune", all=True)
        until(library, job_id, "running")
        killed(library)
        assert job(library, job_id)["status"] == "running"
    assert until(library, job_id, *ENDED)["status"] == "completed"
    eventually(lambda: library.call("library.status")["missing"] == 0, "nothing is missed")
    assert set(mesh.vectors()) == {"t3", "t4", "t5"}
    assert history(library) == [("embed", "completed"), ("prune", "completed")]


def test_a_cancelled_pruning_forgets_no_more(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    vanish(music, library, "t0", "t1", "t2")
    with hanging_store(mesh):
        job_id = start(library, "prune", all=True)
        until(library, job_id, "running")
        with pytest.raises(Conflict, match="already"):
            start(library, "prune")
        assert library.call("jobs.cancel", kind="prune") == {"status": "cancelling"}
        assert until(library, job_id, "cancelled")["kind"] == "prune"
    assert library.call("library.status")["missing"] == 3


def test_killed_while_ids_change_it_goes_on(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given ids that change while the store hangs
    with hanging_store(mesh):
        music.sql("UPDATE media_file SET id = 'new' || substr(id, 2)")
        music.scan()
        eventually(lambda: history(library)[1:] == [("migrate_ids", "running")], "the ids are followed")
        job_id = library.call("batch.jobs")["jobs"][0]["job_id"]
        # Then it is shown, and neither pauses nor ends before its end
        assert library.progress()["kind"] == "migrate_ids"
        for steer in ("jobs.pause", "jobs.cancel"):
            with pytest.raises(Conflict, match="ids have changed"):
                library.call(steer, kind="migrate_ids")
        # When
        killed(library)
    # Then
    told = until(library, job_id, *ENDED)
    assert (told["status"], told["automatic"], told["total_operations"]) == ("completed", True, TRACKS)
    assert set(mesh.vectors()) == {f"new{n}" for n in range(TRACKS)}
    assert history(library) == [("embed", "completed"), ("migrate_ids", "completed")]
    assert library.embed()["total_operations"] == 0


def test_ids_change_in_between_a_job_that_embeds(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given a job in its middle
    for n in range(8):
        music.add(f"more{n}", f"more{n}.wav", seed=50 + n)
    music.scan()
    eventually(lambda: library.call("library.status")["tracks"] == TRACKS + 8, "they are seen")
    mesh.model.gate.clear()
    job_id = library.call("batch.start")["job_id"]
    until(library, job_id, "running")
    # When ids change
    with closing(EventSubscriber(mesh.settings.events_endpoint, ["batch.progress"])) as channel:
        assert channel.receive(10.0) is not None
        music.update("t0", id="new0")
        music.scan()
        eventually(lambda: history(library)[2:] == [("migrate_ids", "completed")], "the ids are followed")
        assert job(library, job_id)["status"] == "running"
        mesh.model.gate.set()
        assert until(library, job_id, *ENDED)["status"] == "completed"
        events = []
        while (received := channel.receive(0.5)) is not None:
            events.append(received[1])
    # Then it is in the history, and whoever watches the embedding job saw only that job
    assert history(library)[1:] == [("embed", "completed"), ("migrate_ids", "completed")]
    assert {event["job_id"] for event in events} == {job_id}
    assert "new0" in mesh.vectors()


def test_a_training_that_fails_says_why(library: LibraryWorker) -> None:
    with pytest.raises(InvalidRequest, match="already understands texts") as refused:
        start(library, "train_text", model="muq")
    assert refused.value.detail == {"field": "options.model"}
    told = until(library, start(library, "train_text"), *ENDED)
    assert (told["status"], told["kind"]) == ("failed", "train_text")
    error = error_from_wire(told["error"])
    assert isinstance(error, TextUnavailable)
    assert "200 are needed" in told["message"] == error.message
    assert library.progress()["kind"] == "embed"


def test_a_killed_training_begins_again(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given a training that waits for the store
    with hanging_store(mesh):
        job_id = start(library, "train_text")
        (first,) = eventually(lambda: children(library), "a training process")
        told = eventually(lambda: (t := job(library, job_id))["message"] == "reading tags" and t, "it is told")
        assert told["kind"] == library.progress()["kind"] == "train_text"
        with pytest.raises(Conflict, match="cannot pause"):
            library.call("jobs.pause", kind="train_text")
        # When
        killed(library)
        # Then the process is gone, and another one has begun
        eventually(lambda: not is_alive(first), "the first process is gone")
        (second,) = eventually(lambda: children(library), "another training process")
        assert second != first
    assert until(library, job_id, *ENDED)["status"] == "failed"  # so few tracks teach nothing
    assert children(library) == []


def test_a_cancelled_training_is_over_at_once(mesh: LibraryMesh, library: LibraryWorker) -> None:
    with hanging_store(mesh):
        job_id = start(library, "train_text")
        (process,) = eventually(lambda: children(library), "a training process")
        library.call("jobs.cancel", kind="train_text")
        assert until(library, job_id, *ENDED)["status"] == "cancelled"
        assert not is_alive(process)


def test_a_backup_is_written_beside_a_job_that_embeds(
    mesh: LibraryMesh, music: Music, library: LibraryWorker, tmp_path: Path
) -> None:
    # Given a job that embeds and stays at it
    music.add("new", "new.wav", seed=50)
    music.scan()
    eventually(lambda: library.call("library.status")["tracks"] == TRACKS + 1, "it is seen")
    mesh.model.gate.clear()
    embedding = library.call("batch.start")["job_id"]
    until(library, embedding, "running")
    # When
    file = tmp_path / "mesh.backup"
    told = until(library, start(library, "backup", file=str(file)), *ENDED)
    # Then
    assert (told["status"], told["kind"]) == ("completed", "backup")
    assert told["result"]["models"]["spectral"]["count"] == TRACKS
    assert told["result"]["bytes"] == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with reading(file) as backup:
        backup.check(lambda _: None)
        assert backup.manifest.tables["track"] == TRACKS + 1
        backup.extract("state.db", tmp_path / "state.db")
    # And after a restore only the embedding job continues
    with closing(sqlite3.connect(tmp_path / "state.db")) as saved:
        assert saved.execute("SELECT kind, status FROM job ORDER BY number").fetchall() == [
            ("embed", "completed"),
            ("embed", "running"),
        ]
    # And whoever asks for the embedding job sees that one
    assert (library.progress()["job_id"], library.progress()["status"]) == (embedding, "running")
    mesh.model.gate.set()
    assert library.ended()["status"] == "completed"
    assert history(library)[1:] == [("embed", "completed"), ("backup", "completed")]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, InvalidRequest),
        ({"file": "mesh.backup"}, InvalidRequest),
        ({"file": "/a\0b"}, InvalidRequest),
        ({"file": "/no/such/folder/mesh.backup"}, Conflict),
    ],
)
def test_where_no_backup_is_written(library: LibraryWorker, options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        start(library, "backup", **options)
    assert history(library) == [("embed", "completed")]


def test_a_file_that_is_there_is_replaced_only_if_told(library: LibraryWorker, tmp_path: Path) -> None:
    file = tmp_path / "mesh.backup"
    file.write_text("something else")
    with pytest.raises(Conflict, match="already exists"):
        start(library, "backup", file=str(file))
    assert until(library, start(library, "backup", file=str(file), force=True), *ENDED)["status"] == "completed"
    with reading(file) as backup:
        assert backup.in_service()


def test_a_killed_backup_begins_again(mesh: LibraryMesh, library: LibraryWorker, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    file = folder / "mesh.backup"
    with hanging_store(mesh):
        job_id = start(library, "backup", file=str(file))
        eventually(lambda: list(folder.glob(f"{PREFIX}*")), "a part of it")
        killed(library)
    assert until(library, job_id, *ENDED)["status"] == "completed"
    assert list(folder.iterdir()) == [file]
    with reading(file) as backup:
        backup.check(lambda _: None)


def test_a_paused_backup_waits_over_a_restart(mesh: LibraryMesh, library: LibraryWorker, tmp_path: Path) -> None:
    file = tmp_path / "mesh.backup"
    with hanging_store(mesh):
        job_id = start(library, "backup", file=str(file))
        until(library, job_id, "running")
        assert library.call("jobs.pause", kind="backup") == {"status": "paused"}
    library.stop()
    library.start()
    time.sleep(1.0)
    assert job(library, job_id)["status"] == "paused"
    assert not file.exists()
    # When
    assert library.call("jobs.resume", kind="backup") == {"status": "running"}
    # Then
    assert until(library, job_id, *ENDED)["status"] == "completed"
    assert file.exists()
