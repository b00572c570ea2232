"""Reads the `#:` comments on the fields of a class."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any


def notes(cls: type[Any]) -> dict[str, str]:
    """Returns comments by field; those of the class override those of its bases."""
    found: dict[str, str] = {}
    for kind in reversed(cls.__mro__):
        if kind.__module__.partition(".")[0] not in {"builtins", "enum", "typing"}:
            found |= _own(kind)
    return found


def _own(cls: type[Any]) -> dict[str, str]:
    source = textwrap.dedent(inspect.getsource(cls))
    lines = source.splitlines()
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for statement in body.body:
        name = _name(statement)
        text = _above(lines, statement.lineno - 1)
        if name and text:
            found[name] = text
    return found


def _name(statement: ast.stmt) -> str:
    target = statement.target if isinstance(statement, ast.AnnAssign) else None
    if isinstance(statement, ast.Assign):
        target = statement.targets[0] if isinstance(statement.targets[0], ast.Name) else None
    return target.id if isinstance(target, ast.Name) else ""


def _above(lines: list[str], place: int) -> str:
    found: list[str] = []
    while place > 0 and (line := lines[place - 1].strip()).startswith("#:"):
        found.insert(0, line.removeprefix("#:").strip())
        place -= 1
    return " ".join(found)
