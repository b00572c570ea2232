"""The recommender fork's re-embed button, which names three models that do not exist here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.ports import free_port
from tests.endtoend.navidrome.fork import BUTTON, CANCEL, PROGRESS, START, Fork, press
from tests.endtoend.navidrome.judging import default_model, embedded
from tests.endtoend.navidrome.town import ENDED, FOLLOW_S, Town, mesh_of, running_town
from tests.harness.play_model import PlayModel
from tests.harness.standing_in import standing_in
from tests.harness.waiting import eventually

WELL = {"completed", "completed_with_errors"}


def test_pressed_at_once_after_the_start(fork: Fork) -> None:
    assert not isinstance(fork.pressed, Exception), fork.pressed
    assert fork.pressed["status"] == "started"
    assert fork.pressed["job_id"]
    # Then the library was embedded to its end: all but a silent track and a text file
    model = default_model(fork.mesh)
    assert len(embedded(fork.mesh, model)) == len(fork.town.admin.songs()) - 2


def test_pressed_again_it_runs_to_its_end_and_nothing_is_lost(fork: Fork) -> None:
    model = default_model(fork.mesh)
    before = embedded(fork.mesh, model)
    # When
    answer = fork.town.admin.api("POST", START, BUTTON)
    # Then
    assert answer["status"] == "started"
    job = ended(fork.town)
    assert job["status"] in WELL
    assert (job["job_id"], job["progress_percent"]) == (answer["job_id"], 100)
    assert answer["warnings"]
    assert all(model in text for text in (job["message"], " ".join(answer["warnings"])))
    # And what was there stayed as it was, though the page asked to clear it
    assert embedded(fork.mesh, model) == before


@pytest.fixture
def idle_town() -> Iterator[tuple[Town, Path, int]]:
    """A fork, a folder for its mesh, and the port where it looks for it."""
    folder, port = Path(tempfile.mkdtemp(prefix="smf")), free_port()
    try:
        url = f"http://127.0.0.1:{port}"
        with running_town("recommender", folder, ND_RECOMMENDATIONS_BASEURL=url) as town:
            yield town, folder / "k", port
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_cancelled_on_the_page(idle_town: tuple[Town, Path, int]) -> None:
    town, folder, port = idle_town
    with (
        mesh_of(town, folder, port, SONICMESH_AUTO_EMBED="false") as mesh,
        standing_in(mesh, PlayModel(default_model(mesh))) as model,
    ):
        # Given a worker that waits in the middle of its work
        model.gate.clear()
        answer = press(town)
        assert not isinstance(answer, Exception), answer
        eventually(lambda: town.admin.api("GET", PROGRESS)["status"] == "running", seconds=FOLLOW_S)
        # When
        assert town.admin.api("POST", CANCEL)["status"] == "cancelling"
        model.gate.set()
        # Then
        job = ended(town)
        assert (job["status"], job["job_id"]) == ("cancelled", answer["job_id"])
        assert job["processed_operations"] < job["total_operations"]


def ended(town: Town) -> dict[str, Any]:
    """The last job, as the page sees it, once it has ended."""
    asked = town.admin
    found: dict[str, Any] = eventually(
        lambda: (p := asked.api("GET", PROGRESS))["status"] in ENDED and p, seconds=FOLLOW_S
    )
    return found
