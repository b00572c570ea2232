"""The console without a mouse."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.endtoend.console.browser import Visitor


def focused(visitor: Visitor) -> str | None:
    """Id of the row that has the focus."""
    found: str | None = visitor.page.evaluate("document.activeElement?.closest('[data-row]')?.dataset.row ?? null")
    return found


def test_from_sign_in_to_a_changed_list(visitor: Visitor) -> None:
    # Sign in
    keys = visitor.page.keyboard
    visitor.open()
    visitor.page.get_by_label("User name").focus()
    keys.type("alice")
    keys.press("Tab")
    keys.type("alicepw")
    keys.press("Enter")
    visitor.wait_for_list()

    # Search by slash, choose with the arrows
    keys.press("/")
    keys.type("Jazz")
    expect(visitor.page.get_by_role("option").first).to_be_visible()
    keys.press("ArrowDown")
    expect(visitor.page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    keys.press("Enter")
    chips = visitor.page.get_by_role("list", name="Made from")
    expect(chips).to_contain_text("Jazz")
    visitor.wait_for_list()

    # Rows: down, play, keep, move, more like this, never
    visitor.rows.first.focus()
    ids = visitor.ids()
    keys.press("ArrowDown")
    visitor.page.wait_for_function("id => document.activeElement?.dataset.row === id", arg=ids[1])
    keys.press(" ")
    expect(visitor.page.get_by_role("region", name="Player")).to_be_visible()
    keys.press(" ")
    expect(
        visitor.page.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True)
    ).to_be_visible()
    keys.press("k")
    expect(visitor.page.locator(f'[data-row="{ids[1]}"].locked')).to_have_count(1)
    keys.press("Alt+ArrowDown")
    visitor.page.wait_for_function(
        "id => [...document.querySelectorAll('[data-row]')][2]?.dataset.row === id", arg=ids[1]
    )
    assert focused(visitor) == ids[1]
    with visitor.page.expect_response(re.compile("explore/list")):
        keys.press("l")
    expect(chips.get_by_role("listitem")).to_have_count(2)
    visitor.wait_for_list()
    with visitor.page.expect_response(re.compile("explore/list")):
        keys.press("x")
    expect(visitor.page.locator(f'[data-row="{ids[1]}"]')).to_have_count(0)
    visitor.toast("Never")


def test_the_help_opens_and_closes(alice: Visitor) -> None:
    alice.rows.first.focus()
    alice.page.keyboard.press("?")
    expect(alice.page.get_by_role("dialog", name="Keys")).to_contain_text("More like this")
    alice.page.keyboard.press("Escape")
    expect(alice.page.get_by_role("dialog")).to_have_count(0)
    expect(alice.rows.first).to_be_focused()


def test_keys_are_letters_while_somebody_types(alice: Visitor) -> None:
    box = alice.box
    box.fill("")
    box.press_sequentially("lx? k/")
    expect(box).to_have_value("lx? k/")
    expect(alice.page.get_by_role("dialog")).to_have_count(0)


def test_the_content_is_one_step_away(alice: Visitor) -> None:
    alice.page.reload()
    alice.wait_for_list()
    alice.page.keyboard.press("Tab")
    expect(alice.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("main")).to_be_focused()
