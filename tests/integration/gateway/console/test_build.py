"""The built files of the console are those of its sources, small, and load nothing from elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.console.files import STATIC, TYPES
from tests.harness.places import REPOSITORY

SOURCES = REPOSITORY / "console"
LIST = json.loads((SOURCES / "built.json").read_text())
#: Compressed bytes of all that a first visit fetches.
MOST = 200 * 1024
#: Files of the sources' folder that nothing is made from.
APART = {"built.json"}
STALE = "the console's built files are not those of its sources: run `make console`"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def below(folder: Path, *skipped: str) -> dict[str, Path]:
    """Files by their path below a folder."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path for name, path in found.items() if not name.startswith(skipped)}


def test_they_are_built_from_these_sources() -> None:
    sources = {name: digest(path) for name, path in below(SOURCES, "node_modules/").items() if name not in APART}
    assert sources == LIST["sources"], STALE


def test_nobody_changed_them_by_hand() -> None:
    assert {name: digest(path) for name, path in below(STATIC).items()} == LIST["built"], STALE
    assert {path.suffix for path in below(STATIC).values()} <= TYPES.keys()


def test_a_first_visit_is_small() -> None:
    sizes = {name: len(gzip.compress(path.read_bytes(), 9)) for name, path in below(STATIC).items()}
    assert sum(sizes.values()) < MOST, sizes


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)
    assert all(not address.startswith(("/", "http")) for address in re.findall(r'(?:src|href)="([^"]+)"', page))
    for name, path in below(STATIC).items():
        if path.suffix in {".js", ".css", ".html"}:
            addresses = set(re.findall(r"https?://[\w.-]+", path.read_text()))
            assert addresses <= {"http://www.w3.org", "https://preactjs.com"}, f"{name}: {addresses}"


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (SOURCES / "node_modules").is_dir():
        pytest.skip("node or its packages are not here: `make console` installs them")
    for turn in ("first", "second"):
        command = [node, "build.mjs", str(tmp_path / turn), str(tmp_path / f"{turn}.json")]
        subprocess.run(command, cwd=SOURCES, check=True, capture_output=True)
        assert (tmp_path / f"{turn}.json").read_text() == (SOURCES / "built.json").read_text(), STALE
        assert {name: digest(path) for name, path in below(tmp_path / turn).items()} == LIST["built"], STALE
