"""Our pages insert untrusted text as text, never as markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.places import REPOSITORY

PAGES = sorted((REPOSITORY / "gateway" / "about" / "static").glob("*.html"))
#: Calls that would read text as markup or as a program.
MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", "href =")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_is_read_as_markup(page: Path) -> None:
    text = page.read_text()
    assert not [word for word in MARKUP if word in text]
    assert 'name="viewport"' in text
    assert "overflow-wrap: anywhere" in text
