"""The admin's library: jobs are started, paused, cancelled; failures are seen and retried."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.endtoend.console.browser import Visitor
from tests.endtoend.console.world import World


def tab(admin: Visitor, name: str) -> Locator:
    """Choose a tab; returns what it shows."""
    admin.page.get_by_role("tab", name=name).click()
    return admin.page.get_by_role("tabpanel", name=name)


def job(admin: Visitor) -> Locator:
    return admin.page.get_by_role("region", name="Embedding")


@pytest.fixture
def running(admin: Visitor, world: World) -> Iterator[Visitor]:
    """A job that listens to everything again, with the warning seen; it has ended when the test is over."""
    job(admin).get_by_role("button", name="Start").click()
    dialog = admin.page.get_by_role("dialog", name="Start a job")
    dialog.get_by_label("spectral").check()
    dialog.get_by_label("Replace all vectors").check()
    expect(dialog).to_contain_text("can take days")
    dialog.get_by_role("button", name="Start").click()
    admin.toast("The job has started")
    expect(job(admin).get_by_role("button", name="Pause")).to_be_visible()
    yield admin
    with world.mesh.connect() as client:
        if world.progress()["status"] in {"running", "paused", "initialized"}:
            client.call("library", "batch.cancel")
    world.job_ended()


@pytest.fixture
def hanging(world: World) -> Iterator[None]:
    """The model does nothing: the job is as far as it is until the test is over."""
    with world.hanging("spectral_01"):
        yield


@pytest.mark.usefixtures("hanging")
def test_a_job_is_started_paused_resumed_and_cancelled(running: Visitor, world: World) -> None:
    job(running).get_by_role("button", name="Pause").click()
    expect(job(running).get_by_text("Paused", exact=True)).to_be_visible()
    assert world.progress()["status"] == "paused"

    job(running).get_by_role("button", name="Resume").click()
    expect(job(running).get_by_text("Running", exact=True)).to_be_visible()
    expect(job(running).get_by_role("progressbar", name="Progress of spectral")).to_be_visible()

    job(running).get_by_role("button", name="Cancel the job").click()
    expect(job(running).get_by_text("Cancelled", exact=True)).to_be_visible()
    assert world.job_ended()["status"] == "cancelled"


def test_progress_is_live(running: Visitor) -> None:
    said = running.page.wait_for_function(
        """() => {
            const bar = document.querySelector('[role=progressbar][aria-label="Progress of spectral"]');
            return bar && Number(bar.ariaValueNow) > 5 && bar.getAttribute('aria-valuetext');
        }"""
    )
    assert re.search(r"\d+ of \d+ tracks", said.json_value())


def test_a_failure_tells_its_remedy_and_is_retried(admin: Visitor, world: World) -> None:
    panel = tab(admin, "Failures")
    row = panel.get_by_role("row").filter(has_text="Not Audio")
    expect(row).to_contain_text("No decoder can read the file")
    expect(row).to_contain_text("replace it")

    before = world.progress()["job_id"]
    row.get_by_role("button", name=re.compile("^Retry ")).click()
    admin.toast("Trying again")
    world.job_ended()
    assert world.progress()["job_id"] != before
    assert world.job_ended()["status"] == "completed_with_errors"


def test_failures_as_a_table(admin: Visitor) -> None:
    panel = tab(admin, "Failures")
    with admin.page.expect_download() as download:
        panel.get_by_role("link", name="As a table (CSV)").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 2
    assert "Not Audio.mp3" in lines[1]


def test_every_tab_has_something_to_say(admin: Visitor) -> None:
    expect(tab(admin, "History").get_by_role("row").nth(1)).to_contain_text("Completed")
    expect(tab(admin, "Without vectors")).to_contain_text("Not Audio")
    expect(tab(admin, "Vanished")).to_contain_text("No track has vanished")
    expect(tab(admin, "Warnings")).to_contain_text("No warnings")
    expect(tab(admin, "Duplicates")).to_contain_text(re.compile("recording|same sound"))


def test_a_job_that_waits_says_for_what(admin: Visitor) -> None:
    waiting = {"reason": "outside SONICMESH_JOB_HOURS (22-7): it waits until 22:00", "path": None}
    answer = {
        "status": "running",
        "job_id": "1",
        "kind": "embed",
        "total_tracks": 9,
        "processed_tracks": 1,
        "progress_percent": 11.0,
        "models": {},
        "waiting": waiting,
        "automatic": True,
    }
    admin.page.route("**/admin/progress", lambda route: route.fulfill(json=answer))
    admin.page.reload()
    expect(job(admin)).to_contain_text("it waits until 22:00")
    expect(job(admin)).to_contain_text("began by itself")
