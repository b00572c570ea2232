"""A data folder moves from the old default to the new one while lists keep working, whatever is killed."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import soundfile

from contract.errors import Conflict, MeshError
from contract.search import RecommendRequest, SearchClient, Seed
from contract.settings import load_settings
from tests.harness.library_mesh import ENDED, LibraryMesh, LibraryWorker
from tests.harness.mesh import Mesh, workers_of
from tests.harness.music import Music
from tests.harness.sounds import piece
from tests.harness.waiting import eventually
from workers.models.musicnn import locations
from workers.models.registry import DEFAULT
from workers.runtime.default_model import FILE, meant, settle, settle_fresh, unnamed
from workers.runtime.settings import WorkerSettings

RATE = 24000
TRACKS = 60
KILLS = 10
MODELS = ("spectral", "fusion")


class Machine(LibraryMesh):
    """Broker, search and the real models `spectral` and `fusion` as processes that share one data folder.

    `first`: the models that the search was first started with; "" names none.
    """

    def __init__(self, music: Music, first: str = "") -> None:
        Mesh.__init__(self, SONICMESH_MODELS="", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        self.music = music
        with self.closed_on_failure():
            self.search = self.start_search(SONICMESH_MODELS=first)
            self.models = {model: self.start_embedding(model) for model in MODELS}

    def start_embedding(self, model: str) -> subprocess.Popen[bytes]:
        return self.start_worker("embed", model, name=f"{model}_01")

    def library(self, **settings: str) -> LibraryWorker:
        return LibraryWorker(self, self.music, self.folder / "data", **settings)

    def kill_search(self) -> None:
        self.search.send_signal(signal.SIGKILL)
        self.search.wait()

    def close(self) -> None:
        Mesh.close(self)

    def answer(self, seed: str) -> list[tuple[str, float, tuple[str, ...]]]:
        """The list that a person gets who names no model. Raises `MeshError`."""
        asked = RecommendRequest(seeds=[Seed(track_id=seed)], limit=10)
        found = SearchClient(self.client).recommend(asked, timeout=20.0).tracks
        return [(one.track_id, round(one.score, 4), tuple(one.models)) for one in found]


def pieces(music: Music, tracks: int) -> None:
    """Short pieces, all unlike."""
    music.roots[1].mkdir(parents=True, exist_ok=True)
    for number in range(tracks):
        chord = [40 + number % 29, 52 + number % 9, 64 + number % 5]  # MIDI pitches
        soundfile.write(
            music.roots[1] / f"{number:02d}.wav", piece(chord, 0.2 + 0.01 * (number % 7), seconds=4.0), RATE
        )
        music.add(f"t{number:02d}", f"{number:02d}.wav", title=f"piece {number}")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine whose library the previous release embedded: with `spectral`, and no default recorded."""

    music = Music(tmp_path / "navidrome")
    pieces(music, TRACKS)
    made = Machine(music, "spectral")
    try:
        library = made.library(SONICMESH_MODELS="spectral")
        job = library.embed()
        failures = library.call("batch.failures")["failures"]
        assert (job["status"], job["processed_tracks"]) == ("completed", TRACKS), failures[:1]
        library.stop()
        made.kill_search()
        made.search = made.start_search()
        assert not (made.folder / "data" / FILE).exists()
        yield made
    finally:
        made.close()


class Listener(threading.Thread):
    """Asks for lists constantly, and records which models made them and when."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(daemon=True)
        self._machine = machine
        self._ends = threading.Event()
        self.answers: list[tuple[float, list[tuple[str, float, tuple[str, ...]]]]] = []

    def run(self) -> None:
        while not self._ends.wait(0.05):
            began = time.monotonic()
            try:
                self.answers.append((began, self._machine.answer(f"t{len(self.answers) % TRACKS:02d}")))
            except MeshError:  # the search is killed now
                continue

    def end(self) -> None:
        self._ends.set()
        self.join(30)


def kill_one(machine: Machine, library: LibraryWorker, draws: random.Random) -> None:
    """One part of the mesh at random; it is back a moment later."""
    part = draws.choice(("library", "search", "fusion", "library", "fusion"))
    if part == "library":
        library.kill()
        library.start()
    elif part == "search":
        machine.kill_search()
        machine.search = machine.start_search()
    else:
        process = machine.models[part]
        process.send_signal(signal.SIGKILL)
        process.wait()
        eventually(lambda: not workers_of(machine.client, f"embed.{part}"), "the broker has noticed")
        machine.models[part] = machine.start_embedding(part)


def bring_over(library: LibraryWorker, data: Path) -> None:
    """Wait for the end; tracks blamed on a killed worker are retried at once, not in ten minutes."""

    def over() -> bool:
        if library.progress()["status"] in ENDED and meant(data) != "fusion":
            with contextlib.suppress(Conflict):  # an automatic job began meanwhile
                library.call("batch.start")
            time.sleep(1)
        return meant(data) == "fusion"

    eventually(over, f"the library moves to the new default: {library.call('batch.failures')}")


def test_an_old_data_folder_is_brought_over_whatever_is_killed(machine: Machine, tmp_path: Path) -> None:
    # Given answers of the old default, and somebody who keeps asking
    before = {seed: machine.answer(seed) for seed in ("t00", "t17", "t42")}
    data = machine.folder / "data"
    listener = Listener(machine)
    listener.start()
    # When the new release starts, names no model, and is killed at random moments
    library = machine.library(SONICMESH_MODELS="", SONICMESH_AUTO_EMBED="true")
    draws = random.Random(7)
    unfinished = 0
    for _ in range(KILLS):
        time.sleep(draws.uniform(0.05, 0.6))
        unfinished += meant(data) != "fusion"
        kill_one(machine, library, draws)
    bring_over(library, data)
    settled = time.monotonic()
    eventually(lambda: library.progress()["status"] in ENDED, "the job has ended")
    time.sleep(1)
    listener.end()
    # Then the old vectors answered until the new ones were complete, and the new ones since
    assert unfinished >= 3
    models = [(at, {model for _, _, made in found for model in made}) for at, found in listener.answers]
    assert all(found for _, found in listener.answers)
    assert [made for at, made in models if at < settled - 5 and made != {"spectral"}] == []
    assert models[-1][1] == {"fusion"}
    assert before["t00"] == [row for row in before["t00"] if row[2] == ("spectral",)]
    assert len(machine.vectors("fusion")) == TRACKS
    assert len(machine.vectors("spectral")) == TRACKS
    # And they are those of a fresh installation
    assert {seed: machine.answer(seed) for seed in before} == fresh_answers(machine, tmp_path, list(before))


def fresh_answers(machine: Machine, tmp_path: Path, seeds: list[str]) -> dict[str, Any]:

    fresh = Machine(machine.music)
    try:
        library = fresh.library(SONICMESH_MODELS="")
        library.embed()
        assert library.call("models.describe")["models"][0]["enabled"] is False
        assert fresh.vectors("spectral") == {}
        return {seed: fresh.answer(seed) for seed in seeds}
    finally:
        fresh.close()


def test_a_restored_folder_of_the_old_default_means_the_old_one_again(machine: Machine) -> None:
    # Given a folder that has moved once, and a ledger from before
    data = machine.folder / "data"
    settle(data, "fusion")
    # When
    library = machine.library(SONICMESH_MODELS="", SONICMESH_AUTO_EMBED="false")
    # Then the old vectors answer, and both models are enabled
    eventually(lambda: meant(data) == "spectral", "the old default is meant again")
    assert {model for _, _, made in machine.answer("t00") for model in made} == {"spectral"}
    known = {model["name"]: model["enabled"] for model in library.call("models.describe")["models"]}
    assert [name for name, enabled in known.items() if enabled] == ["spectral", "fusion"]
    # When a job makes the new vectors, it moves again
    library.embed()
    eventually(lambda: meant(data) == "fusion", "the library moves to the new default")
    assert {model for _, _, made in machine.answer("t00") for model in made} == {"fusion"}


def test_named_models_stay_as_they_are(machine: Machine) -> None:
    library = machine.library(SONICMESH_MODELS="spectral", SONICMESH_AUTO_EMBED="true")
    library.ready()
    time.sleep(2)

    assert machine.vectors("fusion") == {}
    assert not (machine.folder / "data" / FILE).exists()


def test_without_weights_a_machine_hears_with_spectral(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "installed", lambda: None)
    monkeypatch.delenv("SONICMESH_MODELS", raising=False)
    monkeypatch.setenv("SONICMESH_DATA", str(tmp_path))
    monkeypatch.setenv("TEXT_EMBEDDING_CHECKPOINT_DIR", str(tmp_path / "none"))
    settings = load_settings(WorkerSettings)

    assert settings.models == ("spectral",)
    assert settings.built_in == "spectral"
    settle_fresh(tmp_path, settings.has_weights)
    assert meant(tmp_path) == "spectral"

    # When the weights are fetched, it moves from the next start on
    living = locations.living_file(settings.checkpoints)
    living.parent.mkdir(parents=True)
    living.touch()
    assert settings.models == ("spectral",)
    settings = load_settings(WorkerSettings)
    assert settings.models == ("fusion", "spectral")
    assert settings.built_in == "spectral"


def test_a_fresh_folder_means_fusion_and_a_used_one_spectral(tmp_path: Path) -> None:
    fresh, used = tmp_path / "fresh", tmp_path / "used"
    for folder in (fresh, used):
        folder.mkdir()
    (used / "state.db").touch()
    for folder in (fresh, used):
        settle_fresh(folder, weights=True)

    assert (meant(fresh), unnamed(fresh, weights=True)) == ("fusion", ("fusion",))
    assert (meant(used), unnamed(used, weights=True)) == ("", ("fusion", "spectral"))


@pytest.mark.parametrize("first", ["search", "library"])
def test_a_fresh_installation_means_fusion_whoever_comes_first(tmp_path: Path, first: str) -> None:
    with closing(LibraryMesh(SONICMESH_MODELS="")) as mesh:
        data = mesh.folder / "data"
        if first == "library":  # the mesh has begun with the search
            mesh.search.send_signal(signal.SIGKILL)
            mesh.search.wait()
            shutil.rmtree(data)
        library = LibraryWorker(mesh, Music(tmp_path / "navidrome"), data, SONICMESH_MODELS="")
        if first == "library":
            mesh.start_search()
        library.ready()

        assert meant(data) == "fusion"
        models = {model["name"]: model["enabled"] for model in library.call("models.describe")["models"]}
        assert [name for name, enabled in models.items() if enabled] == ["fusion"]


def test_the_folder_of_a_fresh_installation_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    settle_fresh(folder, weights=True)
    assert meant(folder) == DEFAULT
    assert folder.stat().st_mode & 0o077 == 0
