"""Tracks are played in place: in the person's own name, with ranges, and told to Navidrome where they should be."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.endtoend.console.browser import Visitor, like
from tests.endtoend.console.world import World
from tests.harness.waiting import eventually

STREAM = re.compile("/recommendations/stream/")


def start(visitor: Visitor, place: int = 0) -> Locator:
    """Play a row; returns the player once it runs."""
    visitor.rows.nth(place).get_by_role("button", name=re.compile("^Play ")).click()
    player = visitor.page.get_by_role("region", name="Player")
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    return player


def seeded_by(visitor: Visitor, text: str) -> None:
    """A list that starts with the track of that name, locked in: it is played from there."""
    box = visitor.box
    box.fill(text)
    visitor.page.get_by_role("option", name=re.compile(text)).first.wait_for()
    box.press("Enter")
    visitor.wait_for_list()


def test_audio_comes_in_ranges(alice: Visitor) -> None:
    with alice.page.expect_response(lambda response: STREAM.search(response.url) is not None) as first:
        player = start(alice)
    expect(player.get_by_role("slider", name="Position")).to_have_attribute("aria-valuetext", re.compile(r"0:0[1-9]"))

    assert first.value.status == 206
    assert first.value.headers["content-range"].startswith("bytes 0-")
    assert first.value.headers["accept-ranges"] == "bytes"


def test_another_place_of_a_long_track(alice: Visitor, world: World) -> None:
    (long,) = [song for song in world.people["alice"].songs() if song["title"] == "Long Nocturne"]
    address = f"{alice.url}api/recommendations/stream/{long['id']}"
    part = alice.page.request.get(address, headers={"Range": "bytes=100000-100099"})

    assert part.status == 206
    assert len(part.body()) == 100
    assert part.headers["content-range"].startswith("bytes 100000-100099/")


def plays(world: World, song_id: str) -> int:
    found = world.people["alice"].api("GET", f"/api/song/{song_id}")
    return int(found.get("playCount") or 0)


def test_a_preview_is_told_to_nobody_and_a_whole_play_counts(alice: Visitor, world: World) -> None:
    # Given a short track that is played as a preview
    reports: list[str] = []
    alice.page.on("request", lambda each: reports.append(each.url) if "/played/" in each.url else None)
    song = alice.ids()[0]
    before = plays(world, song)
    player = start(alice)
    alice.page.wait_for_function("() => document.querySelector('.player input').value >= 2")
    assert reports == []

    # When whole tracks are played
    player.get_by_role("radio", name="Whole").check(force=True)
    start_again = alice.rows.first.get_by_role("button", name=re.compile("^(Play|Pause) "))
    player.get_by_role("button", name="Close the player").click()
    start_again.click()

    # Then Navidrome counts the play
    eventually(lambda: plays(world, song) == before + 1, seconds=30)


def test_a_preview_ends_after_thirty_seconds(alice: Visitor, world: World) -> None:
    long = like(alice, world, "Long Nocturne")
    row = alice.page.locator(f'[data-row="{long["id"]}"]')
    row.get_by_role("button", name="Play Long Nocturne").click()
    player = alice.page.get_by_role("region", name="Player")
    position = player.get_by_role("slider", name="Position")
    expect(position).to_have_attribute("max", "30")

    position.fill("29")
    expect(player.locator("strong")).not_to_have_text("Long Nocturne")


def test_nobody_hears_what_they_may_not_see(visitor: Visitor, world: World) -> None:
    secret = next(song["id"] for song in world.people["alice"].songs() if song["title"].startswith("Secret"))
    visitor.enter("bob")
    for path in (f"stream/{secret}", f"cover/{secret}"):
        assert visitor.page.request.get(f"{visitor.url}api/recommendations/{path}").status == 404
    visitor.box.fill("Secret")
    expect(visitor.page.get_by_text("Nothing of that name").or_(visitor.page.get_by_role("option"))).to_be_visible()
    expect(visitor.page.get_by_role("option", name=re.compile("The Hidden"))).to_have_count(0)
