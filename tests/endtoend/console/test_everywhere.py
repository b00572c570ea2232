"""What holds for every page: no rule of accessibility broken, no side scrolling, no foreign text as markup, German."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.endtoend.console.browser import PAGES, PHONE, Visitor, like, visiting
from tests.endtoend.console.music import HOSTILE
from tests.endtoend.console.world import World
from tests.harness.places import REPOSITORY

AXE = REPOSITORY / "console/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = f"async () => (await axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}})).violations"


def settled(page: Page) -> None:
    """Everything has been fetched and drawn."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(re.compile("^(Loading|Listening|Lädt)"))).to_have_count(0)


def violations(page: Page) -> list[str]:
    """Rules that the page breaks, with the elements."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: `npm ci` in console/")
    page.evaluate(Path(AXE).read_text())
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return [f"{each['id']}: {node['html'][:160]} {node['failureSummary']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", PAGES)
def test_no_rule_of_accessibility_is_broken(browser: Browser, world: World, place: str, scheme: str) -> None:
    with visiting(browser, world, color_scheme=scheme) as visitor:
        visitor.enter("admin", place)
        settled(visitor.page)
        if place == "explore":
            visitor.wait_for_list()
            visitor.page.get_by_role("button", name="More", exact=True).click()
            visitor.rows.first.get_by_role("button", name=re.compile("^Play ")).click()
        assert violations(visitor.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_and_dialogs_are_accessible(browser: Browser, world: World, scheme: str) -> None:
    with visiting(browser, world, color_scheme=scheme) as visitor:
        visitor.open()
        expect(visitor.page.get_by_label("User name")).to_be_visible()
        assert violations(visitor.page) == []
        visitor.enter("alice")
        visitor.wait_for_list()
        visitor.page.get_by_role("button", name="Save to Navidrome").click()
        expect(visitor.page.get_by_role("dialog")).to_contain_text("A new playlist")
        assert violations(visitor.page) == []


@pytest.mark.parametrize("place", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, world: World, place: str) -> None:
    with visiting(browser, world, viewport=PHONE, has_touch=True) as visitor:
        visitor.enter("admin", place)
        settled(visitor.page)
        if place == "explore":
            visitor.wait_for_list()
            visitor.rows.first.get_by_role("button", name=re.compile("^Play ")).click()
            visitor.rows.first.get_by_role("button", name=re.compile("^Actions for")).click()
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_hostile_title_is_only_text(alice: Visitor, world: World) -> None:
    song = like(alice, world, HOSTILE)
    expect(alice.page.locator(f'[data-row="{song["id"]}"] .row-title')).to_have_text(HOSTILE)

    alice.box.fill("<img")
    expect(alice.page.get_by_role("option").filter(has_text=HOSTILE).first).to_be_visible()
    alice.box.press("Escape")
    row = alice.page.locator(f'[data-row="{song["id"]}"]')
    row.get_by_role("button", name=f"Play {HOSTILE}").click()
    row.get_by_role("button", name=f"Remove {HOSTILE}").click()
    alice.toast(HOSTILE)
    assert alice.page.evaluate("window.hacked") is None
    assert alice.page.locator("img[src='x']").count() == 0


@pytest.mark.parametrize("place", PAGES)
def test_german(browser: Browser, world: World, place: str) -> None:
    headings: dict[str, str | re.Pattern[str]] = {
        "explore": re.compile("^Was möchten"),
        "mixes": "Mixe von heute",
        "settings": "Einstellungen",
        "library": "Bibliothek",
        "system": "System",
    }
    with visiting(browser, world, locale="de-DE") as visitor:
        visitor.open()
        visitor.page.get_by_label("Benutzername").fill("admin")
        visitor.page.get_by_label("Passwort", exact=True).fill("adminpw")
        visitor.page.get_by_role("button", name="Anmelden").last.click()
        expect(visitor.page.get_by_text("admin", exact=True)).to_be_visible()
        visitor.open(place)

        expect(visitor.page.get_by_role("heading", level=1)).to_have_text(headings[place])
        settled(visitor.page)
        assert visitor.page.evaluate("document.documentElement.lang") == "de"
        assert not re.search(r"\b(undefined|NaN|\[object)", visitor.page.inner_text("body"))


def test_the_language_is_chosen_and_kept(alice: Visitor) -> None:
    alice.open("settings")
    alice.page.get_by_role("radio", name="Deutsch").click(force=True)
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Einstellungen")
    alice.page.reload()
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Einstellungen")
