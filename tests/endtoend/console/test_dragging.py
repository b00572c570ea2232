"""Rows are put into another order with the mouse."""

from __future__ import annotations

from tests.endtoend.console.browser import Visitor


def test_a_row_is_dragged_down(alice: Visitor) -> None:
    before = alice.ids()
    grip = alice.rows.nth(0).locator(".grip").bounding_box()
    target = alice.rows.nth(2).bounding_box()
    assert grip is not None
    assert target is not None

    alice.page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    alice.page.mouse.down()
    alice.page.mouse.move(grip["x"] + 8, target["y"] + target["height"] - 4, steps=8)
    alice.page.mouse.up()

    assert alice.ids()[:3] == [before[1], before[2], before[0]]
