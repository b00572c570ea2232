"""Rows are put into another order with the mouse."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.endtoend.console.browser import Visitor


def test_a_row_is_dragged_down(alice: Visitor) -> None:
    # Given a page whose examples are there: they come after the list, and push it down
    expect(alice.page.locator(".examples")).to_be_visible()
    before = alice.ids()
    grip = alice.rows.nth(0).locator(".grip").bounding_box()
    target = alice.rows.nth(2).bounding_box()
    assert grip is not None
    assert target is not None

    alice.page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    alice.page.mouse.down()
    alice.page.mouse.move(grip["x"] + 8, target["y"] + target["height"] - 4, steps=8)
    alice.page.mouse.up()

    expect(alice.rows.nth(2)).to_have_attribute("data-row", before[0])
    assert alice.ids()[:3] == [before[1], before[2], before[0]]
