"""The recipes match the code: lines that their examples change or quote exist, lines that they add do not."""

from __future__ import annotations

import re

import pytest

from tests.harness.places import REPOSITORY

ROOT = REPOSITORY
RECIPES = ROOT / "docs" / "develop" / "recipes.md"
#: An example: the file on its first line, then lines that begin with a mark.
EXAMPLE = re.compile(r"^   ```diff\n   # (\S+)\n(.*?)^   ```", re.MULTILINE | re.DOTALL)
EXAMPLES = EXAMPLE.findall(RECIPES.read_text())
INDENT = 3


def marked(example: str, marks: str) -> set[str]:
    """Lines with one of these marks, without mark and indentation."""
    lines = [line[INDENT:] for line in example.splitlines()]
    return {line[1:].strip() for line in lines if line[:1] in marks and line[1:].strip()}


def test_there_is_an_example_of_every_file_that_is_changed() -> None:
    assert len(EXAMPLES) == RECIPES.read_text().count("```diff") == 10


@pytest.mark.parametrize(("path", "example"), EXAMPLES)
def test_examples_fit_the_code(path: str, example: str) -> None:
    there = {line.strip() for line in (ROOT / path).read_text().splitlines()}
    assert marked(example, " -") - there == set(), f"{path} has changed: the recipe has to"
    assert marked(example, "+") - there, f"{path} has everything that the recipe adds"
