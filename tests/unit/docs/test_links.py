"""Links in the pages reach a file and a heading, and files named for developers exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness.places import REPOSITORY

ROOT = REPOSITORY
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: Pages that name files of the code.
ABOUT_CODE = [page for page in PAGES if "develop" in page.parts or page.name == "CONTRIBUTING.md"]
PACKAGES = ("contract", "broker", "workers", "gateway", "cli", "machine", "demo", "plugin", "bench", "tests", "docs")
#: A target that is not on another site.
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]+))?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
#: A path from the top, in text or in a block of code; the name of a Python file; a bench.
FROM_TOP = re.compile(rf"(?<![\w./-])(?:{'|'.join(PACKAGES)})/[\w./-]*[\w/]")
PYTHON = re.compile(r"`([\w./-]+\.py)`")
BENCH = re.compile(r"\bbench\.([a-z_]+)")


def text_of(page: Path) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", page.read_text())


def headings_of(page: Path) -> set[str]:
    """The anchors of its headings, as the usual viewers make them."""
    titles = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> list[str]:
    broken = []
    for target, anchor in LINK.findall(text_of(page)):
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in headings_of(path)):
            broken.append(f"{target}#{anchor}")
    return broken


def missing_files(page: Path, known: set[str]) -> list[str]:
    """Paths from the top are looked for there; of any other name the path of some file must have the end."""
    text = page.read_text()
    from_top = [*FROM_TOP.findall(text), *(f"bench/{name}" for name in BENCH.findall(text))]
    gone = [name for name in from_top if not (ROOT / name).exists() and not (ROOT / f"{name}.py").exists()]
    names = [name for name in PYTHON.findall(text) if name.split("/")[0] not in PACKAGES]
    return gone + [name for name in names if not any(path.endswith(f"/{name}") for path in known)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", ABOUT_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    known = {path.as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert missing_files(page, known) == []


def test_what_is_broken_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    lines = [
        "# One",
        "[a](gone.md) [b](page.md#one) [c](#two)",
        "`gone.py` `wire.py` `a/wire.py` bench.gone bench.load",
        "```",
        "broker/gone.py tests/unit/docs",
        "```",
    ]
    page.write_text("\n".join(lines))
    assert broken_links(page) == ["gone.md#", "#two"]
    assert missing_files(page, {"/b/wire.py"}) == ["broker/gone.py", "bench/gone", "gone.py", "a/wire.py"]
