"""Mixes and settings of a person, changed at once and taken back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.endtoend.console.browser import Visitor


def test_a_setting_is_changed_kept_and_taken_back(alice: Visitor) -> None:
    alice.open("settings")
    slider = alice.page.get_by_role("slider", name="Length of a list")
    expect(slider).to_have_attribute("aria-valuetext", "25")
    slider.focus()
    with alice.page.expect_response(re.compile("recommendations/preferences")):
        slider.press("ArrowRight")
    alice.toast("Length of a list is now 26")

    alice.page.reload()
    expect(slider).to_have_attribute("aria-valuetext", "26")
    slider.focus()
    with alice.page.expect_response(re.compile("recommendations/preferences")):
        slider.press("ArrowRight")
    alice.page.get_by_role("button", name="Undo").click()
    expect(slider).to_have_attribute("aria-valuetext", "26")
    alice.page.get_by_role("button", name="Set Length of a list to its usual value").click()
    expect(slider).to_have_attribute("aria-valuetext", "25")


def test_every_setting_says_what_it_does_and_its_range(alice: Visitor) -> None:
    alice.open("settings")
    settings = alice.page.locator(".setting")
    expect(settings).to_have_count(10)
    for text in settings.all_inner_texts():
        assert re.search(r" to .* usually |usually (on|off)", text), text


def test_mixes_tell_what_they_are_made_of(alice: Visitor) -> None:
    alice.open("mixes")
    card = alice.page.get_by_role("listitem").filter(has=alice.page.get_by_role("heading", name="Daily Mix 1"))
    expect(card).to_contain_text("Made of")
    card.get_by_role("button", name=re.compile("Show the tracks")).click()
    expect(card.locator(".mix-rows li").first).to_be_visible()


def test_a_mix_is_switched_off_and_on(alice: Visitor) -> None:
    alice.open("mixes")
    switch = alice.page.get_by_role("switch", name="Write Discovery")
    expect(switch).to_be_checked()
    switch.uncheck()
    alice.toast("Discovery: off")
    expect(alice.page.get_by_text("Switched off")).to_be_visible()
    alice.page.get_by_role("button", name="Undo").click()
    expect(switch).to_be_checked()


def test_somebody_who_heard_little_is_told_so(visitor: Visitor) -> None:
    visitor.enter("admin")
    visitor.page.route(
        "**/recommendations/mixes",
        lambda route: route.fulfill(json={"day": "2026-01-02", "known": 3, "enough": False, "mixes": []}),
    )
    visitor.open("mixes")
    expect(visitor.page.get_by_text("so far, you have 3")).to_be_visible()
