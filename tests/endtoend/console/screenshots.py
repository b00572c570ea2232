"""`make screenshots`: every page of the console, light and dark, on a phone and a desktop, into docs/use/console.

A real Navidrome and a real mesh show the demo's music.
"""

from __future__ import annotations

import base64
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

import demo
from tests.endtoend.console.browser import DESKTOP, PAGES, PHONE, Visitor, chromium, visiting
from tests.endtoend.console.covers import write_covers
from tests.endtoend.console.world import World, gateway_beside, running_world
from tests.endtoend.navidrome.server import copy_music
from tests.harness.places import REPOSITORY
from tests.harness.waiting import eventually

DEMO = REPOSITORY / "build/demo"
TARGET = REPOSITORY / "docs/use/console"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
#: Of WebP, 0 to 1.
QUALITY = 0.82
#: Percent of the job at which its picture is taken.
UNDER_WAY = 35
#: Whether every picture in the window is there.
DRAWN = """() => [...document.images].every(
  image => image.complete || image.getBoundingClientRect().top > innerHeight)"""
#: On a phone the list is seen, on a desktop everything.
PLACED = """() => scrollTo(0, innerWidth > 600 ? 0 : document.querySelector(".chips").offsetTop - 12)"""
ENCODE = """async ([png, quality]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", quality).split(",")[1];
}"""


def shoot(visitor: Visitor, encoder: Page, name: str) -> None:
    """One picture of what is in the window."""
    png = base64.b64encode(visitor.page.screenshot(animations="disabled")).decode()
    (TARGET / f"{name}.webp").write_bytes(base64.b64decode(encoder.evaluate(ENCODE, [png, QUALITY])))
    print(f"{name}.webp")


def explore(visitor: Visitor, world: World) -> None:
    """A list with chips, a row kept, a track that plays."""
    artist = next(song for song in world.people["alice"].songs() if song["libraryId"] == 1)
    seeds = f"seed=plus:1:text:calm+piano&seed=plus:1.5:artist:{artist['artistId']}"
    visitor.open(f"explore?mode=custom&{seeds}&avoid=drums&variety=0.3&tracks=25")
    visitor.wait_for_list()
    visitor.rows.nth(1).focus()
    visitor.page.keyboard.press("k")
    visitor.page.keyboard.press(" ")
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.page.locator(".player")).to_be_visible()
    visitor.page.evaluate(PLACED)


def settled(page: Page) -> None:
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(300)


def pictures(browser: Browser, world: World, closed: str, encoder: Page) -> None:
    """`closed`: a gateway where nobody is let in without signing in."""
    for size, viewport in SIZES.items():
        for scheme in ("light", "dark"):
            with visiting(browser, world, closed, viewport=viewport, color_scheme=scheme) as visitor:
                visitor.open()
                expect(visitor.page.get_by_label("User name")).to_be_visible()
                shoot(visitor, encoder, f"signin-{size}-{scheme}")
                visitor.enter("admin")
                for place in PAGES:
                    visitor.open(place)
                    if place == "explore":
                        explore(visitor, world)
                    else:
                        visitor.page.reload()
                    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
                    settled(visitor.page)
                    shoot(visitor, encoder, f"{place}-{size}-{scheme}")


def job_under_way(world: World) -> None:
    """A job that replaces everything is paused on its way."""
    with world.mesh.connect() as client:
        client.call("library", "batch.start", {"clear_existing": True})
        eventually(lambda: world.progress()["progress_percent"] > UNDER_WAY, seconds=300)
        client.call("library", "batch.pause")


def main() -> None:
    """Make the pictures; those of an earlier time are replaced."""
    TARGET.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="smc"))
    try:
        built = demo.build(DEMO)  # made once, then copied
        songs, hidden = (copy_music(built.folder / name, folder / name) for name in ("music", "archive"))
        write_covers(songs)
        with (
            running_world(folder, songs, hidden, SONICMESH_MODELS="fusion", TEXT_EMBEDDING_USE_STUBS="false") as world,
            gateway_beside(world, SONICMESH_TOKEN="of-the-pictures") as closed,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--mute-audio"])
            job_under_way(world)
            pictures(browser, world, closed, browser.new_page())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
