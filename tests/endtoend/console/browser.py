"""Chromium, and what a person does with the console."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from tests.endtoend.console.world import World

#: The path of Chromium, where it has another name than Debian's.
VARIABLE = "CHROMIUM"
#: Milliseconds that the page may take to show something on a loaded machine.
PATIENCE = 30_000
PAGES = ("explore", "mixes", "settings", "library", "system")
PHONE, DESKTOP = {"width": 360, "height": 760}, {"width": 1280, "height": 860}

expect.set_options(timeout=PATIENCE)


def chromium() -> str:
    """The executable; skips the test where there is none."""
    found = os.environ.get(VARIABLE) or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip(f"no Chromium: `apt-get install chromium`, or set {VARIABLE} to its path")
    return found


@dataclass
class Watch:
    """What went wrong in a page: messages of the console, requests that failed or went elsewhere."""

    allowed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Such a problem is what the test is about."""
        self.allowed.append(pattern)

    def follow(self, page: Page, origin: str) -> None:
        """Note all that happens in `page`."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("request", lambda request: self._asked(request, origin))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console: {message.text} {message.location.get('url', '')}")

    def _failed(self, request: Request) -> None:
        # The page gives up a question when a newer one makes it needless, and a track when another is chosen.
        if "ERR_ABORTED" not in str(request.failure):
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.request.method} {response.url}")

    def _asked(self, request: Request, origin: str) -> None:
        if not request.url.startswith((origin, "data:", "blob:")):
            self.problems.append(f"elsewhere: {request.url}")

    def left(self) -> list[str]:
        """Problems that no test expects."""
        return [each for each in self.problems if not any(re.search(pattern, each) for pattern in self.allowed)]


@dataclass
class Visitor:
    """One browser with one page of the console."""

    page: Page
    watch: Watch
    url: str

    def open(self, place: str = "") -> None:
        """Go to a page by its name, `explore` with what follows it."""
        self.page.goto(f"{self.url}#/{place}" if place else self.url)

    def sign_in(self, name: str, password: str | None = None) -> None:
        """Fill in the form; the answer is not waited for."""
        self.page.get_by_label("User name").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password or f"{name}pw")
        self.page.get_by_role("button", name="Sign in", exact=True).last.click()

    def enter(self, name: str, place: str = "explore") -> None:
        """Be signed in, on a page that has been loaded."""
        self.open()
        self.sign_in(name)
        expect(self.page.get_by_text(name, exact=True).first).to_be_visible()
        self.page.goto(f"{self.url}#/{place}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    @property
    def box(self) -> Locator:
        """The box for everything."""
        return self.page.get_by_role("combobox", name="Search tracks, albums")

    @property
    def rows(self) -> Locator:
        return self.page.locator("[data-row]")

    def titles(self) -> list[str]:
        """Titles of the list, in order."""
        return self.page.locator("[data-row] .row-title").all_text_contents()  # rows far below have no inner text yet

    def ids(self) -> list[str]:
        """Ids of the list, in order."""
        found: list[str] = self.page.eval_on_selector_all("[data-row]", "rows => rows.map(row => row.dataset.row)")
        return found

    def wait_for_list(self) -> None:
        """A list is there, and no newer one is asked for."""
        expect(self.rows.first).to_be_visible()
        expect(self.page.locator(".listing[aria-busy=false]")).to_be_visible()

    def toast(self, text: str | re.Pattern[str]) -> None:
        """The page has said something."""
        expect(self.page.locator(".toast", has_text=text).first).to_be_visible()


@contextmanager
def visiting(browser: Browser, world: World | None = None, url: str | None = None, **context: Any) -> Iterator[Visitor]:
    """A browser of its own, at the world's mesh or at `url`; at the end nothing may have gone wrong in it."""
    address = url or (world.url if world is not None else "")
    settings = {"locale": "en-GB", "viewport": DESKTOP, "reduced_motion": "reduce", **context}
    opened: BrowserContext = browser.new_context(**settings)
    opened.set_default_timeout(PATIENCE)
    watch = Watch()
    page = opened.new_page()
    watch.follow(page, address)
    try:
        yield Visitor(page, watch, address)
        left = watch.left()
        assert left == [], left
    finally:
        opened.close()


def like(visitor: Visitor, world: World, title: str) -> dict[str, Any]:
    """A list like another track of the same artist, near enough to hold the one of this title; that track."""
    songs = world.people["alice"].songs()
    (wanted,) = [song for song in songs if song["title"] == title]
    other = next(song for song in songs if song["artistId"] == wanted["artistId"] and song["id"] != wanted["id"])
    visitor.open(f"explore?mode=custom&seed=plus:1:track:{other['id']}&tracks=100&variety=0")
    visitor.wait_for_list()
    return dict(wanted)
