"""What the rows of a list sound like: real labels of music that was heard, in few words that can be clicked."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.endtoend.console.browser import PHONE, Visitor, visiting
from tests.endtoend.console.test_everywhere import violations
from tests.endtoend.console.test_speed import PAINTED_MS, ROWS, painted
from tests.endtoend.console.world import World, running_world

LIST = re.compile("explore/list")


@pytest.fixture(scope="module")
def hearing() -> Iterator[World]:
    """A mesh whose model hears labels."""
    folder = Path(tempfile.mkdtemp(prefix="sml"))
    try:
        with running_world(folder, SONICMESH_MODELS="fusion", TEXT_EMBEDDING_USE_STUBS="false") as world:
            yield world
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def listener(browser: Browser, hearing: World) -> Iterator[Visitor]:
    """Alice on *explore* with her first list."""
    with visiting(browser, hearing) as visitor:
        visitor.enter("alice")
        visitor.wait_for_list()
        yield visitor


def answered(visitor: Visitor, act: Callable[[], object]) -> dict[str, Any]:
    """The answer to the one question that a list takes."""
    with visitor.page.expect_response(LIST) as response:
        act()
    found: dict[str, Any] = response.value.json()
    visitor.wait_for_list()
    return found


def made_anew(visitor: Visitor) -> list[dict[str, Any]]:
    """Rows of a list of other tracks."""
    button = visitor.page.get_by_role("button", name=re.compile("^(Re-roll the rest|Rest neu würfeln)"))
    rows: list[dict[str, Any]] = answered(visitor, button.click)["rows"]
    expect(visitor.page.locator(f'[data-row="{rows[0]["id"]}"]')).to_be_visible()
    return rows


def tags(visitor: Visitor, track_id: str) -> Locator:
    return visitor.page.locator(f'[data-row="{track_id}"] .row-labels .tag')


def with_labels(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [row for row in rows if row["labels"]]
    assert found, "no track of the list has labels"
    return found


def words_of(labels: list[dict[str, Any]]) -> list[str]:
    """What a row shows: what nobody has measured has a question mark and, unseen, the word."""
    return [label["name"] + ("? (unmeasured)" if label["accuracy"] == "unmeasured" else "") for label in labels]


def test_rows_show_the_labels_of_their_tracks(listener: Visitor) -> None:
    rows = made_anew(listener)

    for row in rows:
        assert len(row["labels"]) <= 4
        assert [label["score"] for label in row["labels"]] == sorted(
            (label["score"] for label in row["labels"]), reverse=True
        )
        expect(tags(listener, row["id"])).to_have_text(words_of(row["labels"]))
        # A track without labels has no list of them, not an empty one
        expect(listener.page.locator(f'[data-row="{row["id"]}"] .row-labels')).to_have_count(int(bool(row["labels"])))
    assert {label["accuracy"] for row in with_labels(rows) for label in row["labels"]} >= {"unmeasured"}


def test_labels_have_names_for_those_who_do_not_see_them(listener: Visitor) -> None:
    row = with_labels(made_anew(listener))[0]
    title = listener.page.locator(f'[data-row="{row["id"]}"] .row-title').inner_text()

    told = listener.page.get_by_role("list", name=f"How {title} sounds", exact=True)
    expect(told.get_by_role("listitem")).to_have_count(len(row["labels"]))


def test_a_label_that_is_clicked_becomes_a_word_of_the_search(listener: Visitor) -> None:
    row, label = next(
        (row, label) for row in made_anew(listener)[:10] for label in row["labels"] if label["kind"] != "era"
    )
    tag = tags(listener, row["id"]).filter(has_text=re.compile(f"^{re.escape(label['name'])}"))
    expect(tag).to_have_attribute("aria-pressed", "false")
    # When
    with listener.page.expect_request(LIST) as asked:
        tag.click()
    # Then
    seeds = json.loads(asked.value.post_data or "")["seeds"]
    assert [(seed["kind"], seed["id"], seed["sign"]) for seed in seeds] == [("text", label["name"], "plus")]
    listener.wait_for_list()
    chips = listener.page.get_by_role("list", name="Made from").get_by_role("listitem")
    expect(chips).to_have_text([re.compile(label["name"])])
    expect(listener.page.locator(".row-labels .tag[aria-pressed=true]").first).to_be_visible()
    # And clicked once more, it is none
    pressed = listener.page.locator(".row-labels .tag[aria-pressed=true]").first
    pressed.click()
    expect(listener.page.get_by_role("list", name="Made from")).to_have_count(0)


def test_labels_fit_on_a_phone(browser: Browser, hearing: World) -> None:
    with visiting(browser, hearing, viewport=PHONE, has_touch=True) as visitor:
        visitor.enter("alice")
        visitor.wait_for_list()
        many = [row for row in made_anew(visitor) if len(row["labels"]) > 2]
        assert many, "no track of the list has three labels"
        for row in many[:5]:
            visitor.page.locator(f'[data-row="{row["id"]}"]').scroll_into_view_if_needed()
            shown = [tag for tag in tags(visitor, row["id"]).all() if tag.is_visible()]
            words = visitor.page.locator(f'[data-row="{row["id"]}"] .words').bounding_box()
            assert len(shown) == 2 and words is not None
            for tag in shown:
                box = tag.bounding_box()
                assert box is not None
                assert words["x"] <= box["x"] and box["x"] + box["width"] <= words["x"] + words["width"] + 1
                assert box["height"] >= 24
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_labels_have_german_names_and_stay_the_same_words(browser: Browser, hearing: World) -> None:
    names = {"slow": "langsam", "fast": "schnell", "drums": "Schlagzeug", "electronic": "Elektronik", "beat": "Beat"}
    with visiting(browser, hearing, locale="de-DE") as visitor:
        visitor.open()
        visitor.page.get_by_label("Benutzername").fill("alice")
        visitor.page.get_by_label("Passwort", exact=True).fill("alicepw")
        visitor.page.get_by_role("button", name="Anmelden").last.click()
        visitor.wait_for_list()
        rows = made_anew(visitor)

        for row in with_labels(rows):
            said = [tag.text_content() or "" for tag in tags(visitor, row["id"]).all()]
            for label, text in zip(row["labels"], said, strict=True):
                assert ("(ungemessen)" in text) is (label["accuracy"] == "unmeasured")
                if label["name"] in names:
                    assert text.startswith(names[label["name"]])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(browser: Browser, hearing: World, scheme: str) -> None:
    with visiting(browser, hearing, color_scheme=scheme) as visitor:
        visitor.enter("alice")
        visitor.wait_for_list()
        visitor.page.locator(".row-labels button.tag").first.click()
        expect(visitor.page.locator(".row-labels .tag[aria-pressed=true]").first).to_be_visible()
        visitor.wait_for_list()

        assert violations(visitor.page) == []


def test_a_hundred_rows_with_labels_are_painted_within_a_tenth_of_a_second(listener: Visitor) -> None:
    assert painted(listener) < PAINTED_MS
    assert listener.page.locator(".row-labels").count() > ROWS / 2
