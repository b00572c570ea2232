"""Our pages put what strangers wrote into the document as text."""

from __future__ import annotations

from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "gateway" / "about" / "static").glob("*.html"))
#: What would read text as markup or as a program.
MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", "href =")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_is_read_as_markup(page: Path) -> None:
    text = page.read_text()
    assert not [word for word in MARKUP if word in text]
    assert 'name="viewport"' in text
    assert "overflow-wrap: anywhere" in text
