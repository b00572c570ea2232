"""The admin's view of the machine: what runs, what is lost, what can be ordered."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, expect

from tests.endtoend.console.browser import Visitor
from tests.endtoend.console.world import World

#: Seconds within which a lost worker is seen.
SEEN_S = 2.0


def card(admin: Visitor, name: str) -> Locator:
    return admin.page.get_by_role("region", name=name, exact=True)


def test_a_killed_worker_is_seen_within_two_seconds_and_so_is_its_return(admin: Visitor, world: World) -> None:
    admin.open("system")
    workers = card(admin, "Workers")
    row = workers.get_by_role("row").filter(has_text="spectral_01")
    expect(row).to_contain_text("runs")

    world.kill_worker()
    killed = time.monotonic()
    admin.page.locator(".toast", has_text="spectral_01 is gone").first.wait_for()
    assert time.monotonic() - killed < SEEN_S

    expect(row).to_contain_text("runs")
    expect(workers.get_by_text("gone", exact=True)).to_have_count(0)


def test_a_model_is_unloaded_and_loaded(admin: Visitor) -> None:
    admin.open("system")
    models = card(admin, "Models")
    row = models.get_by_role("listitem").filter(has_text="spectral").first
    order = row.get_by_role("button", name=re.compile("^(Load|Unload) spectral$"))
    if order.inner_text() == "Load":
        order.click()
    row.get_by_role("button", name="Unload spectral").click()
    expect(row.get_by_text("not loaded", exact=True)).to_be_visible()
    row.get_by_role("button", name="Load spectral", exact=True).click()
    expect(row.get_by_text("loaded", exact=True)).to_be_visible()


def test_a_second_worker_is_started_and_stopped(admin: Visitor, world: World) -> None:
    admin.open("system")
    models = card(admin, "Models")
    models.get_by_role("button", name="One worker more for spectral").click()
    admin.toast("spectral: 2 workers wanted")
    expect(card(admin, "Workers").get_by_role("row").filter(has_text="spectral_02")).to_contain_text("runs")
    models.get_by_role("button", name="One worker fewer for spectral").click()
    admin.toast("spectral: 1 workers wanted")
    expect(card(admin, "Workers").get_by_role("row").filter(has_text="spectral_02")).to_have_count(0)


def test_the_doctor_examines(admin: Visitor) -> None:
    admin.open("system")
    doctor = card(admin, "Doctor")
    doctor.get_by_role("button", name="Examine").click()
    expect(doctor.get_by_text(re.compile("All is well|Something needs attention"))).to_be_visible(timeout=90_000)
    expect(doctor.get_by_text(re.compile(r"\d+ fine"))).to_be_visible()


def test_settings_tell_where_they_come_from(admin: Visitor) -> None:
    admin.open("system")
    settings = card(admin, "Settings")
    row = settings.get_by_role("row").filter(has_text="SONICMESH_PROXY_USER_HEADER")
    expect(row).to_contain_text("Remote-User")
    expect(row).to_contain_text(".env")
    expect(settings.get_by_role("row").filter(has_text="SONICMESH_HOST")).to_have_count(0)
    settings.get_by_label("Only what differs from the default").uncheck()
    expect(settings.get_by_role("row").filter(has_text="SONICMESH_HOST")).to_be_visible()


def test_events_and_logs_come_in(admin: Visitor) -> None:
    admin.open("system")
    expect(card(admin, "Events").get_by_role("listitem").first).to_be_visible()
    expect(card(admin, "Logs").get_by_role("log")).to_contain_text("gateway")
    card(admin, "Logs").get_by_role("radio", name="broker").check(force=True)
    expect(card(admin, "Logs").get_by_role("log", name="broker")).to_be_visible()
