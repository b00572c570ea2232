"""Lists: from words and chips, by the slider, row by row, and into a playlist."""

from __future__ import annotations

import json
import re
import subprocess

from playwright.sync_api import expect

from tests.endtoend.console.browser import Visitor
from tests.endtoend.console.world import World


def search(visitor: Visitor, text: str) -> None:
    """Type into the one box, press Enter once the suggestions are there, and wait for the answer to the new wish."""
    box = visitor.box
    box.fill(text)
    expect(visitor.page.get_by_role("option").first).to_be_visible()
    with visitor.page.expect_response(re.compile("explore/list")):
        box.press("Enter")


def test_a_list_by_words_with_a_negative(alice: Visitor) -> None:
    with alice.page.expect_request(re.compile("explore/list")) as asked:
        search(alice, "calm piano, no drums")
    alice.wait_for_list()

    body = json.loads(asked.value.post_data or "")
    assert [(seed["kind"], seed["id"]) for seed in body["seeds"]] == [("text", "calm piano")]
    assert body["negativePrompts"] == ["drums"]
    chips = alice.page.get_by_role("list", name="Made from").get_by_role("listitem")
    expect(chips).to_have_text([re.compile("calm piano"), re.compile("without drums")])


def test_the_slider_ranks_anew_at_once(alice: Visitor) -> None:
    search(alice, "Tomasz Wilk")
    alice.wait_for_list()
    before = alice.ids()

    slider = alice.page.get_by_role("slider", name="Variety")
    slider.focus()
    with alice.page.expect_response(re.compile("explore/list")) as answered:
        slider.press("End")
    assert json.loads(answered.value.request.post_data or "")["diversity"] == 1
    alice.wait_for_list()

    alice.page.wait_for_function(
        "before => JSON.stringify([...document.querySelectorAll('[data-row]')].map(row => row.dataset.row)) !== before",
        arg=json.dumps(before),
    )
    assert set(alice.ids()) != set(before) or alice.ids() != before


def test_a_row_is_removed_another_locked_and_the_rest_rolled_anew(alice: Visitor) -> None:
    before = alice.ids()
    third, fourth = alice.titles()[2:4]

    # When the third row is removed and the fourth, now third, is kept
    alice.page.get_by_role("button", name=f"Remove {third}", exact=True).click()
    expect(alice.page.locator(f'[data-row="{before[2]}"]')).to_have_count(0)
    alice.page.get_by_role("button", name=f"Lock {fourth} in its place").click()
    with alice.page.expect_response(re.compile("explore/list")):
        alice.page.get_by_role("button", name="Re-roll the rest").click()
    alice.wait_for_list()
    expect(alice.page.locator(f'[data-row="{before[0]}"]')).to_have_count(0)

    # Then the kept row stands where it stood, and all others are new
    after = alice.ids()
    assert after[2] == before[3]
    assert set(after) & set(before) == {before[3]}


def test_one_row_is_rolled_anew(alice: Visitor) -> None:
    before, title = alice.ids(), alice.titles()[1]
    with alice.page.expect_response(re.compile("explore/list")):
        alice.page.get_by_role("button", name=f"Replace {title}", exact=True).click()
    expect(alice.page.locator(f'[data-row="{before[1]}"]')).to_have_count(0)

    after = alice.ids()
    assert [*after[:1], *after[2:]] == [*before[:1], *before[2:]]
    assert after[1] not in before


def test_a_removed_row_comes_back(alice: Visitor) -> None:
    before, title = alice.ids(), alice.titles()[0]
    alice.page.get_by_role("button", name=f"Remove {title}", exact=True).click()
    expect(alice.page.locator(f'[data-row="{before[0]}"]')).to_have_count(0)
    alice.page.get_by_role("button", name="Undo").click()
    expect(alice.page.locator(f'[data-row="{before[0]}"]')).to_have_count(1)
    assert alice.ids() == before


def test_saved_replaced_and_appended(alice: Visitor, world: World) -> None:
    ids, name = alice.ids(), "Of the browser"

    def save(choice: str) -> None:
        alice.page.get_by_role("button", name="Save to Navidrome").click()
        dialog = alice.page.get_by_role("dialog")
        dialog.get_by_label(choice).check(force=True)
        if choice == "A new playlist":
            dialog.get_by_label("Name").fill(name)
        else:
            dialog.get_by_label("Playlist", exact=True).select_option(world.people["alice"].playlists()[name]["id"])
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_text(re.compile("^(Saved|Added) "))).to_be_visible()
        dialog.get_by_role("button", name="Close").last.click()
        expect(dialog).to_have_count(0)

    def saved() -> list[str]:
        return world.people["alice"].entries(world.people["alice"].playlists()[name]["id"])

    save("A new playlist")
    assert saved() == ids
    alice.page.get_by_role("button", name=f"Remove {alice.titles()[0]}", exact=True).click()
    save("Replace a playlist")
    assert saved() == ids[1:]
    save("Append to a playlist")
    assert saved()[: len(ids) - 1] == ids[1:]
    assert len(saved()) >= len(ids) - 1


def test_a_track_that_navidrome_leaves_out_is_named(alice: Visitor) -> None:
    title = alice.titles()[0]
    dropped = alice.ids()[0]
    # A track that vanishes between the list and the click is rare: this answer is told instead.
    answer = {"playlistId": "1", "name": "Short", "saved": 24, "dropped": [dropped]}
    alice.page.route("**/recommendations/save", lambda route: route.fulfill(json=answer))
    alice.page.get_by_role("button", name="Save to Navidrome").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Save").click()

    expect(alice.page.get_by_role("dialog")).to_contain_text("Navidrome left out")
    expect(alice.page.get_by_role("dialog").get_by_role("listitem")).to_have_text([title])


def test_a_link_shows_the_same_list_again(alice: Visitor) -> None:
    search(alice, "Vox Borealis")
    expect(alice.page).to_have_url(re.compile("seed=plus"))
    alice.wait_for_list()
    titles, link = alice.titles(), alice.page.url

    alice.page.goto("about:blank")
    alice.page.goto(link)
    alice.wait_for_list()

    assert alice.titles() == titles
    expect(alice.page.get_by_role("list", name="Made from")).to_contain_text("Vox Borealis")


def test_the_command_asks_for_the_same_list(alice: Visitor, world: World) -> None:
    alice.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    search(alice, "Kite & Harbour")
    alice.wait_for_list()
    alice.page.get_by_role("button", name="Copy as curl").click()
    alice.toast("Copied")
    command = alice.page.evaluate("navigator.clipboard.readText()")

    environment = {"TOKEN": world.people["alice"].token, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert [row["id"] for row in json.loads(done.stdout)["rows"]] == alice.ids()


def test_the_list_is_copied_as_m3u(alice: Visitor) -> None:
    alice.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alice.page.get_by_role("button", name="Copy as M3U").click()
    alice.toast("Copied")
    lines = alice.page.evaluate("navigator.clipboard.readText()").splitlines()

    assert lines[0] == "#EXTM3U"
    assert len([line for line in lines if line.endswith(".flac")]) == len(alice.ids())


def test_less_of_an_artist(alice: Visitor) -> None:
    search(alice, "Piano")
    alice.wait_for_list()
    search(alice, "Tomasz Wilk")
    alice.wait_for_list()
    with alice.page.expect_request(re.compile("explore/list")) as asked:
        alice.page.get_by_role("button", name=re.compile("^Tomasz Wilk: more or less")).click()
    signs = {seed["kind"]: seed["sign"] for seed in json.loads(asked.value.post_data or "")["seeds"]}
    assert signs == {"genre": "plus", "artist": "minus"}
