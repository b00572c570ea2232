"""Who may come in, what they see then, and what stays behind in the browser."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.endtoend.console.browser import Visitor, visiting
from tests.endtoend.console.world import PROXY_HEADER, World, gateway_beside

TOKEN = "token-of-the-browser-tests"


def menu(visitor: Visitor) -> list[str]:
    """The pages that are offered."""
    return visitor.page.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()


def test_an_admin_is_offered_everything(visitor: Visitor) -> None:
    visitor.enter("admin")

    assert menu(visitor) == ["Explore", "Mixes", "Settings", "Library", "System"]


def test_a_user_is_offered_their_own_pages_only(visitor: Visitor) -> None:
    visitor.enter("bob")
    assert menu(visitor) == ["Explore", "Mixes", "Settings"]

    # And an address that somebody told them shows nothing of the operator's
    for place in ("library", "system"):
        visitor.open(place)
        expect(visitor.page.get_by_role("heading", name="Only for admins")).to_be_visible()
        expect(visitor.page.get_by_role("button", name=re.compile("Start|Load|Cancel"))).to_have_count(0)


def test_a_wrong_password_is_told_in_words(visitor: Visitor) -> None:
    visitor.watch.allow(r"401")
    visitor.open()
    visitor.sign_in("alice", "not hers")

    expect(visitor.page.get_by_role("alert")).to_contain_text("does not know this name with this password")
    visitor.sign_in("alice")
    visitor.wait_for_list()


def test_a_reverse_proxy_signs_in(browser: Browser, world: World) -> None:
    headers = {PROXY_HEADER: "alice", "X-Forwarded-For": "192.0.2.7"}
    with visiting(browser, world, extra_http_headers=headers) as visitor:
        visitor.open("explore")
        visitor.wait_for_list()

        expect(visitor.page.get_by_text("alice", exact=True)).to_be_visible()
        expect(visitor.page.get_by_role("button", name="Sign out")).to_have_count(0)


def test_signing_out_leaves_nothing_of_the_person(alice: Visitor) -> None:
    alice.page.get_by_role("button", name="Sign out").click()

    expect(alice.page.get_by_label("User name")).to_be_visible()
    expect(alice.rows).to_have_count(0)
    assert alice.page.url.rstrip("#") == alice.url


def test_the_next_person_sees_nothing_of_the_last(alice: Visitor) -> None:
    # Given alice's page, whose session has ended meanwhile
    alice.watch.allow(r"401")
    alice.open("explore?mode=recent&tracks=100")
    expect(alice.rows).to_have_count(100)
    assert any(title.startswith("Secret") for title in alice.titles())
    alice.page.context.clear_cookies()
    alice.page.get_by_role("button", name="Re-roll the rest").click()

    # When bob signs in there
    alice.sign_in("bob")
    expect(alice.page.get_by_text("bob", exact=True)).to_be_visible()
    alice.wait_for_list()

    # Then it is his list
    assert not any(title.startswith("Secret") for title in alice.titles())
    assert alice.page.url.rstrip("#").partition("#")[0] == alice.url


def test_no_secret_is_kept_where_a_script_can_read_it(alice: Visitor) -> None:
    kept = alice.page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    assert "alicepw" not in kept
    assert "eyJ" not in kept, "a token of Navidrome"
    (cookie,) = alice.page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"


def test_the_token_signs_the_operator_in(browser: Browser, world: World) -> None:
    with gateway_beside(world, SONICMESH_TOKEN=TOKEN) as url, visiting(browser, world, url) as visitor:
        # Given a mesh with a token: nothing is shown before somebody signs in
        visitor.open("system")
        expect(visitor.page.get_by_label("User name")).to_be_visible()
        expect(visitor.page.get_by_text("Processes")).to_have_count(0)

        # When the operator gives the token
        visitor.page.get_by_role("button", name="Sign in with the mesh token instead").click()
        visitor.page.get_by_label("Mesh token").fill(TOKEN)
        visitor.page.get_by_role("button", name="Sign in", exact=True).click()

        # Then the operator's pages are open, and people's ask for a person
        expect(visitor.page.get_by_role("heading", name="System")).to_be_visible()
        assert menu(visitor) == ["Library", "System"]
        visitor.open("explore")
        expect(visitor.page.get_by_role("heading", name="Whose music?")).to_be_visible()
        assert TOKEN not in visitor.page.evaluate("JSON.stringify([{...localStorage}, document.cookie, location.href])")
