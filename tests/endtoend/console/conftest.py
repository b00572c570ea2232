"""One browser, one Navidrome and one mesh for all browser tests; each is started when the first test asks for it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.endtoend.console.browser import Visitor
    from tests.endtoend.console.world import World

pytest.importorskip("playwright", reason="Playwright is not installed: `pip install playwright`")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.endtoend.console.browser import chromium

    path = chromium()
    with sync_playwright() as playwright:
        # The sandbox needs rights that root in a container has not; only pages of the mesh are opened.
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--mute-audio"])


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """A real Navidrome and a real mesh."""
    from tests.endtoend.console.world import running_world

    folder = Path(tempfile.mkdtemp(prefix="smc"))
    try:
        with running_world(folder) as world:
            yield world
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def visitor(browser: Browser, world: World) -> Iterator[Visitor]:
    """A browser where nobody is signed in."""
    from tests.endtoend.console.browser import visiting

    with visiting(browser, world) as visitor:
        yield visitor


@pytest.fixture
def alice(visitor: Visitor) -> Visitor:
    """Alice, who sees both libraries, on *explore* with her first list."""
    visitor.enter("alice")
    visitor.wait_for_list()
    return visitor


@pytest.fixture
def admin(visitor: Visitor) -> Visitor:
    """The admin of Navidrome, on *library*."""
    visitor.enter("admin", "library")
    return visitor
