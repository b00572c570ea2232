"""The page of the first run: three libraries, strangers, small screens, both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import demo
from tests.endtoend.console.browser import PHONE, visiting
from tests.endtoend.console.test_everywhere import violations
from tests.endtoend.console.world import START_S, answers
from tests.harness.first_run import LIVE, FirstRun
from tests.harness.waiting import eventually

#: Milliseconds for measuring, and for restarting and listening, on a loaded machine.
MEASURED, HEARD = 180_000, 240_000
#: While the mesh restarts, its gateway does not answer; a request that it refuses is what a test is about.
RESTART = r"ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_NETWORK|status of (400|401|409|503|504)|^(400|401|409|503|504): "

#: The demo library may still have to be made.
pytestmark = pytest.mark.timeout(900)

MakeMesh = Callable[..., FirstRun]


@pytest.fixture
def make_first(tmp_path_factory: pytest.TempPathFactory, demo_library: demo.DemoLibrary) -> Iterator[MakeMesh]:
    made: list[FirstRun] = []

    def make(put: str = "", **settings: str | int | Path) -> FirstRun:
        mesh = FirstRun(tmp_path_factory.mktemp("f"), demo_library, **settings)
        made.append(mesh)
        if put:
            getattr(mesh, f"put_{put}")()
        mesh.json("run", "--no-wait")
        eventually(lambda: answers(mesh.url), seconds=START_S)
        return mesh

    yield make
    for mesh in made:
        mesh.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def step(page: Page, title: str) -> None:
    """The page shows a step."""
    expect(page.get_by_role("heading", level=2, name=title)).to_be_visible()


def choose(page: Page, path: str) -> None:
    """Find's answer is there; choose a database of it and check it."""
    page.get_by_role("radio", name=path).check()
    press(page, "Check this library")


def start_and_hear(page: Page, mesh: FirstRun) -> None:
    """From the models to the first playlist."""
    press(page, "Continue")
    step(page, "How should it listen?")
    expect(page.get_by_text(re.compile(r"measured on [1-5] tracks"))).to_be_visible(timeout=MEASURED)
    press(page, "Continue")
    step(page, "Start")
    press(page, "Write the settings and start")
    expect(page.get_by_role("heading", level=2, name="Your first playlist")).to_be_visible(timeout=HEARD)
    expect(page.locator(".first-list li").nth(2)).to_be_visible()
    assert "NAVIDROME_DB_PATH=" in mesh.written(), mesh.logs()


def test_a_library_that_cannot_be_read_and_then_the_demo(browser: Browser, make_first: MakeMesh) -> None:
    # Given a database whose files are nowhere
    mesh = make_first("unreadable")
    with visiting(browser, url=mesh.url) as visitor:
        visitor.watch.allow(RESTART)
        page = visitor.page
        # When somebody opens the mesh's address
        visitor.open()
        expect(page).to_have_title("Set up · Sonic Mesh")
        step(page, "Where is your library?")
        choose(page, "navidrome/navidrome.db")
        # Then they see which path was tried, and cannot go on
        step(page, "What was found")
        expect(page.get_by_role("alert")).to_contain_text("None of the tried files can be read")
        expect(page.get_by_role("alert")).to_contain_text("/h/gone/")
        expect(page.get_by_role("button", name="Continue")).to_be_disabled()
        assert violations(page) == []
        # And a folder that does not have the files does not help
        page.get_by_label("gone/music is here").fill(str(mesh.home))
        press(page, "Try ten files again")
        expect(page.get_by_role("alert")).to_contain_text(f"looked for {mesh.home}/")
        # And what is no database is told in plain words
        press(page, "Back")
        page.get_by_role("radio", name="Another path").check()
        page.get_by_label("Path of navidrome.db").fill(str(mesh.folder / "supervisord.conf"))
        press(page, "Check this library")
        expect(page.get_by_role("alert")).to_contain_text("This is not a database of Navidrome.")
        assert mesh.written() == ""
        # And with the demo library everything goes to its end
        choose(page, "demo/navidrome.db")
        expect(page.get_by_text(re.compile(r"\d+ of 10 files can be read"))).to_be_visible()
        start_and_hear(page, mesh)
        assert violations(page) == []
        # And what was written shows where it comes from
        page.get_by_role("link", name="To Library").click()
        expect(page.get_by_role("heading", level=1, name="Library")).to_be_visible()
        rows = {row["variable"]: row for row in mesh.json("config")}
        assert rows["NAVIDROME_DB_PATH"]["origin"] == "setup"
        # And the address now opens on the pages
        page.goto(mesh.url)
        expect(page.get_by_role("navigation")).to_be_visible()
        expect(page.get_by_text("Where is your library?")).to_have_count(0)


@pytest.mark.skipif(not LIVE.exists(), reason="the recorded Navidrome library is not here")
def test_a_real_library_under_other_paths(browser: Browser, make_first: MakeMesh) -> None:
    # Given the database of a real server, whose folders have other names here
    mesh = make_first("live")
    with visiting(browser, url=mesh.url, viewport=PHONE, color_scheme="dark") as visitor:
        visitor.watch.allow(RESTART)
        page = visitor.page
        visitor.open()
        step(page, "Where is your library?")
        assert violations(page) == []
        choose(page, "navidrome/navidrome.db")
        # Then the page proposes where they are
        step(page, "What was found")
        for theirs, here in (("/music", "lieder"), ("/archive", "alt")):
            expect(page.get_by_role("listitem").filter(has_text=f"{theirs} → {mesh.home}/Music/{here}")).to_be_visible()
        expect(page.get_by_text("10 of 10 files can be read.")).to_be_visible()
        expect(page.get_by_text(re.compile("53 tracks with 0.3 hours of music"))).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no side scrolling on a phone"
        # And listens to them
        start_and_hear(page, mesh)
        assert f"SONICMESH_PATH_MAP='/music={mesh.home}/Music/lieder,/archive={mesh.home}/Music/alt'" in mesh.written()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_stranger_needs_the_code(browser: Browser, make_first: MakeMesh) -> None:
    # Given somebody who comes through a proxy
    mesh = make_first()
    with visiting(browser, url=mesh.url, extra_http_headers={"X-Forwarded-For": "203.0.113.9"}) as visitor:
        visitor.watch.allow(RESTART)
        page = visitor.page
        visitor.open()
        # Then the page asks for the code, and shows nothing before that
        step(page, "Who are you?")
        assert violations(page) == []
        page.get_by_label("Code").fill("AAAA-AAAA-AAAA")
        press(page, "Go on")
        expect(page.get_by_role("alert")).to_contain_text("That is not the code.")
        # And a code that is not written quite as it was printed opens it, with the keyboard alone
        code = mesh.json("setup", "--code")["code"]
        page.get_by_label("Code").fill(code.lower().replace("-", " "))
        page.keyboard.press("Enter")
        step(page, "Where is your library?")
        # And without any database the page says where it looked, and how to mount one
        expect(page.get_by_text("No database of Navidrome was found")).to_be_visible()
        expect(page.get_by_text("-v /srv/navidrome:/navidrome:ro")).to_be_visible()
        assert violations(page) == []
        # And it speaks German
        page.get_by_role("radio", name="Deutsch").check()
        step(page, "Ihre Bibliothek?")


def test_nobody_has_to_set_up_at_once(browser: Browser, make_first: MakeMesh) -> None:
    mesh = make_first()
    with visiting(browser, url=mesh.url) as visitor:
        visitor.open()
        visitor.page.get_by_role("link", name="Look around first").click()
        expect(visitor.page.get_by_role("heading", level=1, name="Library")).to_be_visible()
        visitor.page.get_by_role("link", name="Set up").click()
        step(visitor.page, "Where is your library?")
