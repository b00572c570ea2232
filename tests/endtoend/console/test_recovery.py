"""A page that people leave open: it says when it is behind, and recovers by itself."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Page, expect

from tests.endtoend.console.browser import Visitor, visiting
from tests.endtoend.console.world import World

BEHIND = "Behind: last heard from the mesh"


def is_live(page: Page) -> None:
    expect(page.locator(".live[data-state=live]")).to_be_attached()
    expect(page.get_by_text(BEHIND)).to_have_count(0)


def test_a_restarted_gateway(browser: Browser, world: World) -> None:
    with visiting(browser, world) as visitor:
        visitor.watch.allow("ERR_|50[023]|incomplete")
        visitor.enter("admin", "system")
        is_live(visitor.page)

        # When the gateway goes, the page says so; when it is back, it is live again, and still signed in
        world.mesh.supervisorctl("stop", "gateway")
        expect(visitor.page.get_by_text(BEHIND)).to_be_visible()
        world.restart_gateway()
        is_live(visitor.page)

        # And what happens from then on is seen
        world.kill_worker()
        visitor.toast("spectral_01 is gone")


def test_a_lost_network(admin: Visitor) -> None:
    admin.watch.allow("ERR_INTERNET_DISCONNECTED|offline")
    is_live(admin.page)
    admin.page.context.set_offline(True)
    expect(admin.page.get_by_text(BEHIND)).to_be_visible()
    admin.page.context.set_offline(False)
    is_live(admin.page)


def settled(page: Page, rows: Locator) -> int:
    """How many rows there are once no more come: the events of the past arrive in several parts."""
    last = -1
    while (now := rows.count()) != last:
        last = now
        page.wait_for_timeout(1000)
    return now


def test_two_tabs_hear_the_same(admin: Visitor, world: World) -> None:
    admin.open("system")
    second = admin.page.context.new_page()
    admin.watch.follow(second, admin.url)
    second.goto(f"{admin.url}#/system")
    losses = []
    for page in (admin.page, second):
        is_live(page)
        events = page.get_by_role("region", name="Events", exact=True)
        expect(events.get_by_role("listitem").first).to_be_visible()
        lost = events.get_by_role("listitem").filter(has_text="worker.down")
        losses.append((lost, settled(page, lost)))
    world.kill_worker()
    for lost, before in losses:
        expect(lost).to_have_count(before + 1)


def test_a_laptop_that_slept(browser: Browser, world: World) -> None:
    with visiting(browser, world) as visitor:
        # Given a page whose clock can be turned
        visitor.page.clock.install()
        visitor.enter("admin", "system")
        is_live(visitor.page)

        # When an hour passes at once, as for a page whose machine slept
        with visitor.page.expect_request(lambda request: request.url.endswith("/events")) as asked:
            visitor.page.clock.fast_forward(3_600_000)

        # Then it asks anew at once, from where it was
        assert asked.value.headers.get("last-event-id")
        is_live(visitor.page)


def test_a_silent_connection_counts_as_lost(visitor: Visitor) -> None:
    # Given a stream that opens and then says nothing, as through a proxy that holds everything back
    visitor.watch.allow("incomplete|ERR_")
    visitor.page.add_init_script(SILENT)
    visitor.enter("admin", "library")
    expect(visitor.page.get_by_text(BEHIND)).to_be_visible()


#: No answer of the events ever gets a byte further than its head.
SILENT = """
const real = window.fetch;
window.fetch = (address, options) => {
  if (!String(address).endsWith("/events")) return real(address, options);
  const body = new ReadableStream({ start(controller) {
    options.signal.addEventListener("abort", () => controller.error(new DOMException("given up", "AbortError")));
  } });
  return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
};
"""
